import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { becomes } from '../sources/hear.ts';
import { LINES_SINK, PROGRAM, useFolder } from './program.ts';
import type { Started } from './program.ts';
import { screenAfter, startOnTerminal } from './screen.ts';

/** Two pipelines that never end. */
const TWO = `
import { pipeline } from 'dockrx';
import { concat, interval, NEVER, range, tap } from 'rxjs';
import { lines } from './lines.ts';
export default [
  pipeline('long-name', concat(range(1, 1000), NEVER), lines('long.out')),
  pipeline('short', interval(5), tap((n) => { if (n === 300) console.log('from the pipeline'); }), lines('short.out')),
];
`;

const CTRL_C = '\x03';
const REDRAWN = /\u001b\[2A\u001b\[J/;
const COLOURS = /\u001b\[\d+m/;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('cli: on a terminal', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'lines.ts': LINES_SINK, 'two.ts': TWO }));
  const start = (args: readonly string[], size = { columns: 120, rows: 24 }, env = {}): Started =>
    startOnTerminal([process.execPath, PROGRAM, 'run', 'two.ts', ...args], size, folder.path, env);
  const isLive = (line: string): boolean => / in +[\d.,kM]+\/s /.test(line);

  it('redraws a line a pipeline in place, below the log and what others write, and drains on Ctrl-C', async () => {
    const { child, says, done } = start([]);
    await says(/from the pipeline[^]*\/s /);
    child.stdin!.write(CTRL_C);
    const { code, stdout } = await done;
    expect(code, stdout).to.equal(0);

    const whole = stdout.split('SIGINT')[0]!;
    const during = screenAfter(whole.slice(0, whole.lastIndexOf('\u001b[2A')));
    expect(
      during.filter(isLive).map((line) => line.split('  ')[0]),
      stdout,
    ).to.deep.equal(['long-name', 'short']);
    expect(during.slice(-3).filter(isLive)).to.have.length(2);
    expect(during).to.include('from the pipeline');
    const longName = during.find((line) => line.startsWith('long-name'));
    expect(longName).to.match(/total 1,000 → 1,000 {2}in flight {5}0$/);

    const after = screenAfter(stdout);
    expect(after.filter(isLive)).to.deep.equal([]);
    const text = after.join('\n');
    expect(text).to.match(/^\d\d:\d\d:\d\d long-name lines: writes to long\.out$/m);
    expect(text).to.match(/^\d\d:\d\d:\d\d SIGINT: draining for at most 10 s/m);
    expect(text).to.match(/^\d\d:\d\d:\d\d long-name: stopped: received 1,000, delivered 1,000, dropped 0/m);
  });

  it('drains and ends when its terminal goes away', async () => {
    folder.write({ 'pid.sh': 'echo $$ > pid; exec "$@"' });
    const command = ['sh', 'pid.sh', process.execPath, PROGRAM, 'run', 'two.ts'];
    const { child, says, done } = startOnTerminal(command, { columns: 120, rows: 24 }, folder.path);
    await says(/from the pipeline[^]*\/s /);
    const pid = Number(readFileSync(join(folder.path, 'pid'), 'utf8'));
    child.kill('SIGKILL');
    await done;
    await becomes(() => !isRunning(pid));
    expect(readFileSync(join(folder.path, 'long.out'), 'utf8').trim().split('\n')).to.have.length(1_000);
    const short = readFileSync(join(folder.path, 'short.out'), 'utf8');
    expect(Number(short.trim().split('\n').at(-1))).to.be.above(300);
    expect(short).to.match(/\n$/);
  });

  it('keeps each line within the width of the terminal', async () => {
    const { child, says, done } = start([], { columns: 34, rows: 24 });
    await says(REDRAWN);
    child.stdin!.write(CTRL_C);
    const { stdout } = await done;
    const plain = stdout.replace(/\u001b\[\d+m/g, '').split(/\r?\n|\u001b\[2A\u001b\[J/);
    const drawn = plain.filter((line) => / out +[\d.,kM]+\/s/.test(line));
    expect(drawn).to.have.length.greaterThan(1);
    for (const line of drawn) expect(line.length, line).to.be.lessThan(34);
  });

  it('uses colours, and none with NO_COLOR', async () => {
    for (const [env, coloured] of [
      [{ NO_COLOR: '' }, true],
      [{ NO_COLOR: '1' }, false],
    ] as const) {
      const { child, says, done } = start([], undefined, env);
      await says(/short/);
      await says(/\/s/);
      child.stdin!.write(CTRL_C);
      const { stdout } = await done;
      expect(COLOURS.test(stdout), stdout).to.equal(coloured);
      expect(stdout).to.contain('\u001b[2A\u001b[J');
    }
  });

  it('draws nothing with --quiet and on a dumb terminal', async () => {
    for (const [args, env, file] of [
      [['--quiet'], {}, ''],
      [[], { TERM: 'dumb', NO_COLOR: '1' }, 'writes to'],
    ] as const) {
      const { child, says, done } = start(args, undefined, env);
      await says(/from the pipeline/);
      child.stdin!.write(CTRL_C);
      const { code, stdout } = await done;
      expect(code).to.equal(0);
      expect(stdout).not.to.contain('\u001b');
      expect(stdout)
        .to.contain(file)
        .and.not.match(/ in +[\d.,kM]+\/s /);
    }
  });

  it('writes neither colours nor live lines when stderr is no terminal', async () => {
    const { child, says, done } = folder.start(['run', 'two.ts']);
    await says(/from the pipeline/);
    child.kill('SIGINT');
    const { stdout, stderr } = await done;
    expect(stdout).to.equal('from the pipeline\n');
    expect(stderr).not.to.contain('\u001b');
    for (const line of stderr.trim().split('\n')) expect(JSON.parse(line)).to.have.property('msg');
  });
});
