import { hasSubscribers, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { expect } from 'chai';
import { onFact, publish } from '../../src/core/facts.ts';
import type { Fact } from '../../src/core/facts.ts';

const fact = (pipeline: string): Fact => ({ pipeline, stage: '', type: 'paused' });

describe('facts', () => {
  it('reach every listener, each until it stops to listen', () => {
    const one: string[] = [];
    const two: string[] = [];
    const endOne = onFact(({ pipeline }) => one.push(pipeline));
    const endTwo = onFact(({ pipeline }) => two.push(pipeline));
    publish(fact('facts-a'));
    endOne();
    endOne();
    publish(fact('facts-b'));
    endTwo();
    publish(fact('facts-c'));
    expect(one).to.deep.equal(['facts-a']);
    expect(two).to.deep.equal(['facts-a', 'facts-b']);
  });

  it('count the same listener once for each time it listens', () => {
    const heard: string[] = [];
    const listener = ({ pipeline }: Fact): unknown => heard.push(pipeline);
    const ends = [onFact(listener), onFact(listener)];
    publish(fact('facts-d'));
    ends[0]!();
    publish(fact('facts-e'));
    ends[1]!();
    expect(heard).to.deep.equal(['facts-d', 'facts-d', 'facts-e']);
  });

  it('go by a channel that other copies of the package share', () => {
    const heard: unknown[] = [];
    const listener = (message: unknown): unknown => heard.push(message);
    subscribe('dockrx:fact', listener);
    publish(fact('facts-f'));
    unsubscribe('dockrx:fact', listener);
    expect(heard).to.deep.equal([fact('facts-f')]);
  });

  it('leave no listener behind', () => {
    const before = hasSubscribers('dockrx:fact');
    onFact(() => undefined)();
    expect(hasSubscribers('dockrx:fact')).to.equal(before);
  });

  it('do not throw at who tells them when a listener does', async () => {
    const mocha = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const heard: string[] = [];
    const ends = [
      onFact(() => {
        throw new Error('a listener is wrong');
      }),
      onFact(({ pipeline }) => heard.push(pipeline)),
    ];
    try {
      const uncaught = once(process, 'uncaughtException');
      publish(fact('facts-g'));
      expect(heard).to.deep.equal(['facts-g']);
      expect(await uncaught).to.have.nested.property('0.message', 'a listener is wrong');
    } finally {
      for (const end of ends) end();
      for (const listener of mocha) process.on('uncaughtException', listener);
    }
  });
});
