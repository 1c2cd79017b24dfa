import { expect } from 'chai';
import { humanLine, openLog } from '../../src/cli/log.ts';
import { tellFact } from '../../src/cli/tell-fact.ts';

describe('cli: log lines', () => {
  const said = (human: boolean): string => {
    let text = '';
    const log = openLog({ level: 'info', human, colour: false, write: (line) => (text += line) });
    log.info({ pipeline: 'p', stage: 's', count: 3 }, 'writes to x');
    log.debug('unheard');
    log.warn('on its own');
    return text;
  };

  it('are JSON with the level by name and the time by the clock', () => {
    const [first, second, ...more] = said(false)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(more).to.deep.equal([]);
    expect(first).to.include({ level: 'info', pipeline: 'p', stage: 's', count: 3, msg: 'writes to x' });
    expect(first)
      .to.have.property('time')
      .that.matches(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(second).to.have.all.keys('level', 'time', 'msg');
  });

  it('are short for people', () => {
    expect(said(true)).to.match(/^\d\d:\d\d:\d\d p s: writes to x\n\d\d:\d\d:\d\d warn: on its own\n$/);
  });

  it('are coloured by level', () => {
    const line = JSON.stringify({ level: 'error', time: '2026-01-02T03:04:05Z', pipeline: 'p', msg: 'no' });
    expect(humanLine(line, true)).to.match(
      /^\u001b\[2m.{8}\u001b\[22m \u001b\[31merror: p: no\u001b\[39m\n$/,
    );
  });

  it('tell each fact in words, with its figures as fields', () => {
    const told = (fact: object): unknown[] => {
      const line = tellFact({ pipeline: 'p', stage: 's', ...fact } as never);
      return line === undefined ? [] : [line.level, line.text];
    };
    expect(told({ type: 'connected', to: 'unix:///x', simulated: false })).to.deep.equal([
      'info',
      'connected to unix:///x',
    ]);
    expect(told({ type: 'connected', to: 'unix:///x', simulated: true })[1]).to.match(/a simulated engine$/);
    expect(
      told({ type: 'retrying', error: new Error('away\nfar'), attempt: 3, delayMs: 1250 }),
    ).to.deep.equal(['warn', 'away far; trying again in 1.3 s']);
    expect(told({ type: 'retrying', error: 'away', attempt: 1, delayMs: 250 })[1]).to.equal(
      'away; trying again in 250 ms',
    );
    expect(told({ type: 'failed', error: new Error('no') })).to.deep.equal(['error', 'failed: no']);
    expect(told({ type: 'notice', message: 'so it is' })).to.deep.equal(['info', 'so it is']);
    for (const type of ['rejected', 'dropped'])
      expect(told({ type, reason: 'so', count: 1200 })).to.deep.equal(['warn', `${type} 1,200 (so)`]);
    expect(told({ type: 'stalled', seconds: 31.2, inFlight: 1200 })).to.deep.equal([
      'warn',
      'stalled: has delivered nothing for 31 s, 1,200 records wait',
    ]);
    expect(told({ type: 'blocked', seconds: 6.25, cpuSeconds: 6.1 })).to.deep.equal([
      'warn',
      'the event loop stood still for 6.3 s: something in this process computed for so long; node --cpu-prof shows what',
    ]);
    expect(told({ type: 'blocked', seconds: 6.25, cpuSeconds: 0.1 })[1]).to.equal(
      'the event loop stood still for 6.3 s: the process was stopped, or waited in a synchronous call',
    );
    for (const type of ['paused', 'resumed']) expect(told({ type })).to.deep.equal([]);
    const abandoned = tellFact({ pipeline: 'p', stage: '', type: 'abandoned', count: 1000 });
    expect(abandoned?.fields).to.deep.equal({ pipeline: 'p', fact: 'abandoned', count: 1000 });
  });
});
