import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { createConnections } from '../../src/http/connections.ts';

class Connection extends EventEmitter {
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('the connections of a server', () => {
  let nowMs = 0;
  const limited = (limit: number) => {
    const connections = createConnections(limit, () => nowMs);
    const open = (): Connection & Socket => {
      const socket = new Connection() as unknown as Connection & Socket;
      connections.add(socket);
      return socket;
    };
    return { connections, open };
  };
  const isOpen = (...sockets: readonly Connection[]): readonly boolean[] =>
    sockets.map(({ destroyed }) => !destroyed);

  it('are closed beyond the limit, the newest while all are fresh', () => {
    const { open } = limited(2);
    const all = [open(), open(), open()];
    expect(isOpen(...all)).to.deep.equal([true, true, false]);
    all[0]!.destroy();
    expect(isOpen(open())).to.deep.equal([true]);
  });

  it('give way to new ones when they have asked for nothing for a while, the longest silent first', () => {
    const { connections, open } = limited(2);
    const [one, two] = [open(), open()];
    nowMs += 500;
    connections.asks(one);
    connections.isAnswered(one);
    nowMs += 600;
    const three = open();
    expect(isOpen(one, two, three)).to.deep.equal([true, false, true]);
    nowMs += 500;
    expect(isOpen(open(), one)).to.deep.equal([true, false]);
  });

  it('stay while they are answered, however long', () => {
    const { connections, open } = limited(2);
    const both = [open(), open()];
    for (const one of both) connections.asks(one);
    nowMs += 100_000;
    // Whoever comes is the only one that waits.
    const third = open();
    expect(isOpen(...both, third)).to.deep.equal([true, true, false]);
  });

  it('count no more when somebody else has taken them over', () => {
    const { connections, open } = limited(1);
    const held = open();
    connections.letGo(held);
    const [one, two] = [open(), open()];
    expect(isOpen(held, one, two)).to.deep.equal([true, true, false]);
    held.destroy();
    expect(isOpen(open())).to.deep.equal([false]);
  });
});
