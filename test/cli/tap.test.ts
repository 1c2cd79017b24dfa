import { expect } from 'chai';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { becomes } from '../sources/hear.ts';
import { logLines, useFolder } from './program.ts';
import type { Outcome, Started } from './program.ts';

/** Numbers without end, so many a turn of the event loop, in records as an application would have. */
const numbers = (name: string, { perTurn = 1, everyMs = 5, text = 'x' } = {}): string => `
import { console, pipeline } from 'dockrx';
import { filter, map, Observable } from 'rxjs';
const numbers = new Observable<number>((out) => {
  let n = 0;
  const timer = setInterval(() => { for (let i = 0; i < ${perTurn}; i += 1) out.next(n++); }, ${everyMs});
  return () => clearInterval(timer);
});
const text = '${text}';
const record = (n: number) => ({ n, text, container: n % 2 ? 'odd-1' : 'even-1', env: { DB_PASSWORD: 'hunter2', note: 'token=abcdef' } });
const quiet = { isTTY: false, write: (_text: string, done: () => void) => done(), on: () => {}, off: () => {} };
export default pipeline('${name}', numbers, filter((n) => n % 3 === 0), map(record), console({ stream: quiet }));
`;

describe('cli: tap', function () {
  const folder = useFolder();
  const env = (): NodeJS.ProcessEnv => ({ XDG_RUNTIME_DIR: folder.path, TMPDIR: folder.path });
  const sockets = (): string[] =>
    readdirSync(join(folder.path, 'dockrx')).map((name) => join(folder.path, 'dockrx', name));
  const tap = (...args: readonly string[]): Promise<Outcome> => folder.run(['tap', ...args], env());
  const run = async (file: string, ...args: readonly string[]): Promise<Started> => {
    const started = folder.start(['run', file, '--log-level', 'debug', ...args], env());
    await started.says(/writes to/);
    return started;
  };
  const records = ({ stdout }: Outcome): Record<string, unknown>[] =>
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  /** Asks the only process there is, as any program could. */
  const ask = async (path: string, method = 'GET'): Promise<IncomingMessage> => {
    const asking = request({ socketPath: sockets()[0]!, path, method, agent: false }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    return answer;
  };
  const bodyOf = async (answer: IncomingMessage): Promise<string> => {
    let body = '';
    for await (const chunk of answer.setEncoding('utf8')) body += String(chunk);
    return body;
  };

  it('lists what runs, and nothing where nothing does', async () => {
    const nothing = { code: 0, stdout: '', stderr: 'no pipeline of this user runs on this machine\n' };
    expect(await tap()).to.deep.equal(nothing);
    folder.write({ 'a.ts': numbers('a') });
    const { child, done } = await run('a.ts');
    expect(await tap()).to.deep.equal({
      code: 0,
      stdout: `PID${' '.repeat(Math.max(0, String(child.pid).length - 3))}  PIPELINE  STAGES\n${child.pid!}  a         1 observable → 2 operator-1 → 3 operator-2 → 4 console\n`,
      stderr: '',
    });
    child.kill('SIGINT');
    expect((await done).code).to.equal(0);
    expect(sockets()).to.deep.equal([]);
    expect(await tap()).to.deep.equal(nothing);
  });

  it('shows what passes a stage, by name or number, matched, picked, redacted, and ends at the limit', async () => {
    folder.write({ 'a.ts': numbers('a') });
    await run('a.ts');
    const [source, operator, sinks, matched, picked] = await Promise.all([
      tap('a:observable', '--limit', '3'),
      tap('a:2', '--limit', '3'),
      tap('a', '--limit', '1'),
      tap('a', '--match', 'container=odd-*', '-m', 'n=*1,*7', '--limit', '3'),
      tap('a:console', '--fields', 'n,env.DB_PASSWORD', '--limit', '1'),
    ]);
    for (const { code, stderr } of [source, operator, sinks, matched, picked])
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const [first, ...rest] = source.stdout.trim().split('\n').map(Number);
    expect(rest).to.deep.equal([first! + 1, first! + 2]);
    expect(
      operator.stdout
        .trim()
        .split('\n')
        .map((n) => Number(n) % 3),
    ).to.deep.equal([0, 0, 0]);
    const [record] = records(sinks);
    expect(record).to.deep.include({
      text: 'x',
      env: { DB_PASSWORD: '[redacted]', note: 'token=[redacted]' },
    });
    for (const { container, n } of records(matched)) {
      expect(container).to.equal('odd-1');
      expect(String(n)).to.match(/[17]$/);
    }
    const [{ n, ...others }] = records(picked) as [Record<string, unknown>];
    expect(n).to.be.a('number');
    expect(others).to.deep.equal({ env: { DB_PASSWORD: '[redacted]' } });
  });

  it('skips what is more than the rate, says how much, and ends after its time', async () => {
    folder.write({ 'a.ts': numbers('a', { perTurn: 3_000, everyMs: 10 }) });
    const started = await run('a.ts');
    const outcome = await tap('a', '--rate', '10', '--for', '3s');
    expect(outcome.code).to.equal(0);
    expect(records(outcome)).to.have.length.within(10, 60);
    expect(outcome.stderr).to.match(/^(skipped \d{1,3}(,\d{3})* more than --rate a second\n)+$/);
    started.child.kill('SIGINT');
    expect((await started.done).stderr).to.contain('"dropped":{}');
  });

  it('holds nothing up where a tap does not read: it counts what that misses', async () => {
    folder.write({ 'a.ts': numbers('a', { perTurn: 30, everyMs: 5, text: 'x'.repeat(20_000) }) });
    const started = await run('a.ts');
    const answer = await ask('/tap?pipeline=a&rate=10000');
    const count = async (): Promise<number> => {
      const { stdout } = await tap('a:1', '--limit', '1');
      return Number(stdout);
    };
    const before = await count();
    // 200 MB pass.
    await becomes(async () => (await count()) > before + 30_000);
    started.child.kill('SIGINT');
    const body = await bodyOf(answer).catch(() => '');
    expect(body.length).to.be.below(8_000_000);
    expect((await started.done).code).to.equal(0);
  });

  it('tells one that reads late what it has missed, and goes on', async () => {
    folder.write({ 'a.ts': numbers('a', { perTurn: 30, everyMs: 5, text: 'x'.repeat(20_000) }) });
    await run('a.ts');
    const answer = await ask('/tap?pipeline=a&rate=10000');
    const { stdout } = await tap('a:1', '--limit', '1');
    await becomes(async () => Number((await tap('a:1', '--limit', '1')).stdout) > Number(stdout) + 10_000);
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) {
      text += String(chunk);
      if (/\{"skipped":[^\n]*\n\{"record"[^\n]*\n/.test(text)) break;
    }
    const [, behind] = /\{"skipped":\{"rate":\d+,"behind":(\d+)/.exec(text)!;
    expect(Number(behind)).to.be.above(1_000);
  });

  it('ends with its pipeline or process, and says so', async () => {
    folder.write({ 'a.ts': numbers('a') });
    for (const [signal, code, text] of [
      ['SIGTERM', 0, /^a has ended\n$/],
      ['SIGKILL', 1, /^process \d+ was lost/],
    ] as const) {
      const started = await run('a.ts');
      const tapping = folder.start(['tap', 'a'], env());
      await tapping.says(/"n"/);
      started.child.kill(signal);
      const outcome = await tapping.done;
      expect(outcome).to.include({ code });
      expect(outcome.stderr).to.match(text);
      await started.done;
    }
    // What the killed one has left.
    expect(sockets()).to.have.length(1);
    await tap();
    expect(sockets()).to.deep.equal([]);
  });

  it('ends by a signal, and when its reader leaves', async () => {
    folder.write({ 'a.ts': numbers('a') });
    await run('a.ts');
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const tapping = folder.start(['tap', 'a'], env());
      await tapping.says(/"n"/);
      tapping.child.kill(signal);
      expect(await tapping.done).to.include({ code: 0, stderr: '' });
    }
    const tapping = folder.start(['tap', 'a'], env());
    await tapping.says(/"n"/);
    tapping.child.stdout!.destroy();
    expect(await tapping.done).to.include({ code: 0, stderr: '' });
  });

  it('refuses what it cannot choose, with what there is', async () => {
    folder.write({ 'a.ts': numbers('a'), 'b.ts': numbers('b') });
    expect(await tap('a')).to.deep.equal({
      ...{ code: 2, stdout: '', stderr: `no pipeline 'a' of this user runs on this machine: none runs\n` },
    });
    const [one, other] = [await run('a.ts', 'b.ts'), await run('a.ts')];
    const wrong: readonly (readonly [args: readonly string[], line: RegExp])[] = [
      [['c'], /^no pipeline 'c' of this user runs on this machine: there are a, b\n$/],
      [['a'], /^a runs in the processes \d+, \d+: choose one with --pid\n$/],
      [
        ['b', '--pid', String(other.child.pid)],
        new RegExp(`^b does not run in process ${other.child.pid!}, but in ${one.child.pid!}\n$`),
      ],
      [
        ['b:9'],
        /^pipeline b has no stage '9': there are 1 observable, 2 operator-1, 3 operator-2, 4 console\n$/,
      ],
      [['b', '--rate', '10001'], /^the rate must be a whole number from 1 to 10000\n$/],
      [['b', '--match', 'container'], /^error: .*It must be like container=web-\*\..*\n$/],
      [
        ['b', '--match', `type=${'x'.repeat(300)}`],
        /^"type" must be a list of 32 texts at most, 200 characters each\n$/,
      ],
    ];
    for (const [args, line] of wrong) {
      const { code, stdout, stderr } = await tap(...args);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.match(line);
    }
    expect(await tap('a', '--pid', String(other.child.pid), '--limit', '1')).to.include({
      code: 0,
      stderr: '',
    });
  });

  it('goes on with the next run where the file is reloaded', async () => {
    folder.write({ 'a.ts': numbers('a') });
    const started = await run('a.ts', '--watch');
    await started.says(/watching/);
    const tapping = folder.start(['tap', 'a'], env());
    await tapping.says(/"text":"x"/);
    folder.write({ 'a.ts': numbers('a', { text: 'y' }) });
    await tapping.says(/"text":"y"/);
    tapping.child.kill('SIGINT');
    expect(await tapping.done).to.include({
      code: 0,
      stderr: 'its file has changed: what follows is of the new one\n',
    });
  });

  it('answers GET and HEAD only, and changes nothing', async () => {
    folder.write({ 'a.ts': numbers('a') });
    const { child } = await run('a.ts');
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await ask('/tap?pipeline=a', method);
      expect(answer.statusCode).to.equal(405);
      answer.destroy();
    }
    expect((await ask('/tap?pipeline=a', 'HEAD')).statusCode).to.equal(200);
    expect((await ask('/tap')).statusCode).to.equal(404);
    expect((await ask('/elsewhere')).statusCode).to.equal(404);
    const { pid } = JSON.parse(await bodyOf(await ask('/pipelines'))) as { pid: number };
    expect(pid).to.equal(child.pid);
    const taps = await Promise.all(Array.from({ length: 8 }, () => ask('/tap?pipeline=a')));
    expect((await ask('/tap?pipeline=a')).statusCode).to.equal(503);
    for (const answer of taps) answer.destroy();
  });

  describe('its folder', () => {
    const reached = async (): Promise<string> => {
      folder.write({ 'a.ts': numbers('a') });
      const started = await run('a.ts');
      const { stdout } = await tap();
      started.child.kill('SIGINT');
      const { code, stderr } = await started.done;
      expect(code).to.equal(0);
      const told = logLines(stderr).filter(({ msg }) => String(msg).includes('pipeline tap'));
      expect(told.map(({ level }) => level)).to.deep.equal(stdout === '' ? ['debug'] : []);
      return stdout === '' ? String(told[0]!['msg']) : 'reached';
    };
    const below = (): string => join(folder.path, `dockrx-${process.getuid!()}`);

    it('is its user’s alone', async () => {
      expect(await reached()).to.equal('reached');
      expect(statSync(join(folder.path, 'dockrx')).mode & 0o777).to.equal(0o700);
    });

    it('is another one where the first cannot be', async () => {
      writeFileSync(join(folder.path, 'dockrx'), '');
      expect(await reached()).to.equal('reached');
      expect(statSync(below()).mode & 0o777).to.equal(0o700);
    });

    for (const [what, spoil, why] of [
      [
        'open to others',
        (path: string) => {
          mkdirSync(path);
          chmodSync(path, 0o750);
        },
        /is open to others: chmod 700/,
      ],
      [
        'a link',
        (path: string) => {
          mkdirSync(`${path}-real`, 0o700);
          symlinkSync(`${path}-real`, path);
        },
        /is no folder: remove it/,
      ],
      [
        'another user’s',
        (path: string) => {
          mkdirSync(path, 0o700);
          chownSync(path, 12_345, 12_345);
        },
        /belongs to another user/,
      ],
    ] as const)
      it(`is not used where it is ${what}: the process runs on`, async function () {
        if (what === 'another user’s' && process.getuid!() !== 0) this.skip();
        spoil(join(folder.path, 'dockrx'));
        spoil(below());
        expect(await reached()).to.match(why);
      });

    it('is not used where its path is too long for a socket', async () => {
      const deep = join(folder.path, 'd'.repeat(100));
      mkdirSync(deep);
      folder.write({ 'a.ts': numbers('a') });
      const started = folder.start(['run', 'a.ts', '--log-level', 'debug'], {
        XDG_RUNTIME_DIR: deep,
        TMPDIR: deep,
      });
      await started.says(/too long for a socket/);
      await started.says(/writes to/);
      started.child.kill('SIGINT');
      expect((await started.done).code).to.equal(0);
    });
  });
});
