import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LINES_SINK, logLines, useFolder } from './program.ts';

/** A pipeline of a thousand records whose source does not end, and whose sink behaves as told. */
const endless = (name: string, behaviour = '{}'): string => `
import { pipeline } from 'dockrx';
import { concat, NEVER, range } from 'rxjs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lines } from './lines.ts';
export default pipeline('${name}', concat(range(1, 1000), NEVER), lines('${name}.out', ${behaviour}));
`;

const THOUSAND = Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join('');
// Says that the sink is at work, and never ends what it does.
const STUCK = `{ before: () => (process.stderr.write('at work\\n'), new Promise(() => {})) }`;
const SLOW = `{ before: () => (process.stderr.write('at work\\n'), sleep(100)) }`;

describe('cli: run', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'lines.ts': LINES_SINK }));
  const read = (name: string): string => {
    const path = join(folder.path, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };

  it('runs the pipelines of several files, tells where they write and what passed, and exits 0', async () => {
    const finite = (name: string): string => endless(name).replaceAll('NEVER', 'EMPTY');
    folder.write({ 'a.ts': finite('a'), 'b.ts': finite('b') });
    const { code, stdout, stderr } = await folder.run(['run', 'a.ts', 'b.ts']);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    expect([read('a.out'), read('b.out')]).to.deep.equal([THOUSAND, THOUSAND]);
    const lines = logLines(stderr);
    for (const name of ['a', 'b']) {
      const opened = lines.find(({ pipeline, fact }) => pipeline === name && fact === 'opened');
      expect(opened).to.include({ level: 'info', stage: 'lines', target: `${name}.out` });
      const summary = lines.filter(({ pipeline }) => pipeline === name).at(-1);
      expect(summary).to.deep.include({
        outcome: 'completed',
        received: 1000,
        delivered: 1000,
        dropped: {},
        rejected: {},
        inFlight: 0,
        targets: [`${name}.out`],
      });
    }
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`drains on ${signal} and exits 0 with every record written`, async () => {
      folder.write({ 'a.ts': endless('a', SLOW) });
      const { child, says, done } = folder.start(['run', 'a.ts']);
      await says(/at work/);
      child.kill(signal);
      const { code, stderr } = await done;
      expect(code, stderr).to.equal(0);
      expect(read('a.out')).to.equal(THOUSAND);
      expect(stderr).to.contain(`${signal}: draining for at most 10 s`);
      expect(logLines(stderr).at(-1)).to.include({ outcome: 'stopped', delivered: 1000, inFlight: 0 });
    });

  it('stops at once when the signal comes before the files are loaded', async () => {
    folder.write({
      'a.ts': `process.kill(process.pid, 'SIGINT');\nawait new Promise((done) => setImmediate(done));${endless('a')}`,
    });
    const { code, stderr } = await folder.run(['run', 'a.ts']);
    expect(code, stderr).to.equal(0);
    expect(logLines(stderr).at(-1)).to.include({ outcome: 'stopped' });
  });

  it('exits at once at a second signal of another kind, and at one repeated', async () => {
    folder.write({ 'a.ts': endless('a', STUCK) });
    const first = folder.start(['run', 'a.ts', '--drain', '1h']);
    await first.says(/at work/);
    first.child.kill('SIGINT');
    await first.says(/draining/);
    first.child.kill('SIGTERM');
    expect((await first.done).code).to.equal(143);

    const second = folder.start(['run', 'a.ts', '--drain', '1h']);
    await second.says(/at work/);
    const again = setInterval(() => second.child.kill('SIGINT'), 100);
    const { code } = await second.done;
    clearInterval(again);
    expect(code).to.equal(130);
  });

  it('is not ended by SIGHUP, which is for the sinks', async () => {
    folder.write({
      'a.ts': `process.on('SIGHUP', () => process.stderr.write('reopened\\n'));${endless('a', SLOW)}`,
    });
    const { child, says, done } = folder.start(['run', 'a.ts']);
    await says(/at work/);
    child.kill('SIGHUP');
    await says(/reopened/);
    child.kill('SIGINT');
    expect((await done).code).to.equal(0);
    expect(read('a.out')).to.equal(THOUSAND);
  });

  it('is not ended by SIGHUP where no sink listens either', async () => {
    folder.write({ 'a.ts': endless('a', SLOW) });
    const { child, says, done } = folder.start(['run', 'a.ts']);
    await says(/at work/);
    child.kill('SIGHUP');
    child.kill('SIGINT');
    expect((await done).code).to.equal(0);
    expect(read('a.out')).to.equal(THOUSAND);
  });

  it('exits 3 when the drain is overdue, and says how many records it abandoned', async () => {
    folder.write({ 'a.ts': endless('a', STUCK) });
    const { child, says, done } = folder.start(['run', 'a.ts', '--drain', '200ms']);
    await says(/at work/);
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect(code).to.equal(3);
    const lines = logLines(stderr);
    expect(lines.find(({ fact }) => fact === 'abandoned')).to.include({
      count: 1000,
      msg: 'abandoned 1,000 records that were not delivered',
    });
    expect(lines.at(-1)).to.include({ outcome: 'overdue', delivered: 0, inFlight: 1000 });
  });

  it('exits 1 with one line when a pipeline fails, and drains the others first', async () => {
    folder.write({
      'a.ts': endless('a', SLOW),
      'b.ts': endless('b', `{ before: () => Promise.reject(new Error('the disk\\nis gone')) }`),
    });
    const { code, stdout, stderr } = await folder.run(['run', 'a.ts', 'b.ts']);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(read('a.out')).to.equal(THOUSAND);
    const errors = logLines(stderr).filter(({ level }) => level === 'error');
    expect(errors.map(({ msg }) => msg)).to.include('failed: the disk is gone');
    expect(stderr).not.to.contain('    at ');
    expect(
      logLines(stderr).find(({ pipeline, outcome }) => pipeline === 'a' && outcome !== undefined),
    ).to.include({
      outcome: 'stopped',
      delivered: 1000,
    });
  });

  const crashes = {
    'a rejection that nobody handles': `void Promise.reject(new Error('stray'));`,
    'an error thrown from a timer': `setTimeout(() => { throw new Error('stray'); });`,
  };
  for (const [what, code] of Object.entries(crashes))
    it(`drains and exits 1 after ${what}`, async () => {
      folder.write({ 'a.ts': endless('a', SLOW) + code });
      const { code: exit, stderr } = await folder.run(['run', 'a.ts']);
      expect(exit).to.equal(1);
      expect(logLines(stderr).find(({ level }) => level === 'error')?.['msg']).to.equal(
        'stopping: an error that nobody caught: stray',
      );
      expect(logLines(stderr).at(-1)).to.include({ outcome: 'stopped', inFlight: 0 });
    });

  it('tells retries, and that it works again', async () => {
    folder.write({
      'a.ts': `let tries = 0;${endless(
        'a',
        `{ before: async () => {
          if (tries++ < 1) throw new PipelineError('SINK_UNAVAILABLE', 'the disk is full');
        } }`,
      )}`
        .replace('{ pipeline }', '{ pipeline, PipelineError }')
        .replaceAll('NEVER', 'EMPTY'),
    });
    const { code, stderr } = await folder.run(['run', 'a.ts']);
    expect(code, stderr).to.equal(0);
    const facts = logLines(stderr).map(({ level, fact, msg }) => [
      level,
      fact,
      String(msg).replace(/ in .*/, ' in …'),
    ]);
    expect(facts.filter(([, fact]) => fact === 'retrying' || fact === 'recovered')).to.deep.equal([
      ['warn', 'retrying', 'the disk is full; trying again in …'],
      ['info', 'recovered', 'works again'],
    ]);
    expect(read('a.out')).to.equal(THOUSAND);
  });

  it('says what a queue dropped and what a sink could not read, by reason', async () => {
    folder.write({
      'a.ts': `
import { pipeline, queued } from 'dockrx';
import { range } from 'rxjs';
let open = (): void => {};
const gate = new Promise<void>((done) => (open = done));
setImmediate(() => open());
export default pipeline('a', range(1, 100), queued<number, string>({
  name: 'narrow', target: 'nowhere', queue: { policy: 'drop-newest', capacity: 10 },
  encode: (n) => { if (n > 98) throw new Error('too large a number'); return String(n); },
  sizeOf: () => 1,
  open: async () => ({ write: () => gate, close: async () => {} }),
}));
`,
    });
    const { stderr } = await folder.run(['run', 'a.ts']);
    const warnings = logLines(stderr).filter(({ level }) => level === 'warn');
    expect(warnings.map(({ msg }) => msg)).to.deep.equal([
      'rejected 2 (unencodable)',
      'dropped 88 (drop-newest)',
    ]);
    expect(logLines(stderr).at(-1)).to.deep.include({
      received: 100,
      delivered: 10,
      dropped: { 'drop-newest': 88 },
      rejected: { unencodable: 2 },
    });
  });

  it('stops without a fuss when nobody reads stdout any more, and drains the others', async () => {
    folder.write({
      'a.ts': endless('a', SLOW),
      'out.ts': `
import { pipeline, queued } from 'dockrx';
import { interval } from 'rxjs';
export default pipeline('out', interval(1), queued<number, string>({
  name: 'out', target: 'stdout', encode: (n) => n + '\\n', sizeOf: (text) => text.length,
  open: async () => ({
    write: (batch) => new Promise((resolve, reject) =>
      process.stdout.write(batch.join(''), (error) => (error ? reject(new Error('no reader', { cause: error })) : resolve()))),
    close: async () => {},
  }),
}));
`,
    });
    const { child, says, done } = folder.start(['run', 'a.ts', 'out.ts']);
    await says(/^0$/m);
    child.stdout!.destroy();
    const { code, stderr } = await done;
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('stopping: the reader of stdout is gone').and.not.contain('"level":"error"');
    expect(read('a.out')).to.equal(THOUSAND);
  });

  it('with --quiet prints nothing when nothing is wrong', async () => {
    folder.write({ 'a.ts': endless('a').replaceAll('NEVER', 'EMPTY') });
    const { code, stdout, stderr } = await folder.run(['run', '-q', 'a.ts']);
    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: '', stderr: '' });
  });

  it('ends although a file leaves a timer behind', async () => {
    folder.write({ 'a.ts': `setInterval(() => {}, 1000);${endless('a').replaceAll('NEVER', 'EMPTY')}` });
    expect((await folder.run(['run', 'a.ts'])).code).to.equal(0);
  });
});
