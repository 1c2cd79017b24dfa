import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { liveFeed } from '../../src/client/index.ts';
import type { SocketClass } from '../../src/client/index.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { freePort } from '../harness/free-port.ts';
import { simulators } from '../simulator/support.ts';
import { becomes } from '../sources/hear.ts';
import { LINES_SINK, logLines, useFolder } from './program.ts';
import type { Started } from './program.ts';

/** Version after version of one pipeline: each writes where the one before has not, and marks what it has seen. */
const events = (version: number, name = 'events'): string => `
import { dockerEvents, ndjsonFile, pipeline } from 'dockrx';
import { map } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { mark } from './mark.ts';
const marked = map((event) => ({ ...event, version: mark(${version}) })) satisfies OperatorFunction<object, object>;
export default pipeline('${name}', dockerEvents({ filters: { type: ['volume'] } }), marked, ndjsonFile({ path: 'out-${version % 2}.ndjson' }));
`;
const MARK = 'export const mark = (version: number): number => version;\n';

describe('cli: run --watch', function () {
  this.timeout(300_000);
  const folder = useFolder();
  const simulator = simulators();
  const at = (name: string): string => join(folder.path, name);
  const watch = async (engine: Simulator, ...args: readonly string[]): Promise<Started> => {
    const started = folder.start(['run', '--watch', 'p.ts', ...args], { DOCKER_HOST: engine.host });
    said = '';
    started.child.stderr!.on('data', (text: string) => (said += text));
    await started.says(/watching p\.ts/);
    await started.says(/connected to/);
    return started;
  };
  /** What the last program has said so far. */
  let said = '';
  /** A file has been run anew so often, and its source is connected again. */
  const reloaded = (times: number): Promise<void> =>
    becomes(() => {
      const parts = said.split('has changed: its pipelines are run anew');
      return parts.length > times && parts.at(-1)!.includes('connected to');
    });
  const end = async ({ child, done }: Started): Promise<string> => {
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect(code, stderr).to.equal(0);
    return stderr;
  };
  const written = (): { readonly id: string; readonly version: number }[] =>
    readdirSync(folder.path)
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(at(name), 'utf8').split('\n').filter(Boolean))
      .map((line) => JSON.parse(line) as { id: string; version: number });

  /** Publishes numbered events all the time; returns how to stop, which tells how many there were. */
  let timer: NodeJS.Timeout | undefined;
  afterEach(function () {
    clearInterval(timer);
    if (this.currentTest?.state === 'failed') process.stderr.write(said);
  });
  const publish = (engine: Simulator): (() => number) => {
    let count = 0;
    timer = setInterval(() => {
      engine.emit({ type: 'volume', action: 'mount', id: `v${count}`, attributes: {} });
      count += 1;
    }, 5);
    return () => {
      clearInterval(timer);
      return count;
    };
  };

  for (const state of [[], ['--state', 'state']])
    it(`brings every event exactly once, however often and oddly the file is written ${state.join(' ')}`, async () => {
      const engine = await simulator();
      folder.write({ 'p.ts': events(0), 'mark.ts': MARK });
      const started = await watch(engine, ...state);
      const stop = publish(engine);
      const ways: readonly ((text: string) => void)[] = [
        (text) => writeFileSync(at('p.ts'), text),
        (text) => {
          writeFileSync(at('p.ts.new'), text);
          renameSync(at('p.ts.new'), at('p.ts'));
        },
        (text) => {
          writeFileSync(at('p.ts'), text.slice(0, text.length / 2));
          writeFileSync(at('p.ts'), text);
        },
        (text) => {
          writeFileSync(at('p.ts'), '');
          writeFileSync(at('p.ts'), `${text}\n`);
          writeFileSync(at('p.ts'), text);
        },
        (text) => {
          renameSync(at('p.ts'), at('p.ts.old'));
          writeFileSync(at('p.ts'), text);
          rmSync(at('p.ts.old'));
        },
      ];
      for (let version = 1; version <= 20; version += 1) {
        if (version === 7) {
          writeFileSync(at('p.ts'), `${events(version)} const = ;`);
          await started.says(/p\.ts:8:8: Expected identifier.*not reloaded: p\.ts runs on as it was/s);
        }
        if (version === 13) {
          writeFileSync(at('p.ts'), `${events(version)} const n: number = 'x';`);
          await started.says(/p\.ts:8:8: Type 'string' is not assignable to type 'number'/);
        }
        if (version === 17) {
          rmSync(at('p.ts'));
          await started.says(/p\.ts: Could not resolve/);
        }
        ways[version % ways.length]!(events(version));
        await reloaded(version);
      }
      const count = stop();
      await becomes(() => written().length >= count);
      const stderr = await end(started);
      const ids = Array.from({ length: count }, (_, i) => `v${i}`);
      expect(written().map(({ id }) => id)).to.have.members(ids);
      expect(new Set(written().map(({ version }) => version)).size).to.be.above(10);
      expect(stderr).to.not.match(/"abandoned"|"gap"/);
    });

  it('looks at the files that it imports too, and not at what changes nothing', async () => {
    const engine = await simulator();
    folder.write({ 'p.ts': events(1), 'mark.ts': MARK });
    const started = await watch(engine);
    folder.write({ 'p.ts': `// A word on it.\n\n${events(1)}` });
    folder.write({
      'mark.ts': `import { base } from './deep/base.ts';\n${MARK.replace('version;', 'base')}`,
    });
    await started.says(/mark\.ts:1:22: Could not resolve/);
    folder.write({ 'deep/base.ts': 'export const base = 10;' });
    await reloaded(1);
    folder.write({ 'deep/base.ts': 'export const base = 11;' });
    await reloaded(2);
    folder.write({
      'deep/base.ts': `import value from './value.json';\nexport const base: number = value;`,
      'deep/value.json': '12',
    });
    await reloaded(3);
    folder.write({ 'deep/value.json': '13' });
    await reloaded(4);
    engine.emit({ type: 'volume', action: 'mount', id: 'v', attributes: {} });
    await becomes(() => written().some(({ id }) => id === 'v'));
    const stderr = await end(started);
    // A gap is told where nothing proves that there is none.
    expect(written().filter(({ id }) => id === 'v')).to.have.nested.property('[0].version', 13);
    expect(stderr.match(/has changed/g)).to.have.length(4);
  });

  it('ends a pipeline that is not there any more, begins one that is new, and goes on with one that is back', async () => {
    const engine = await simulator();
    const two = (first: string, second: string): string =>
      `${events(0, first)}\nexport const other = pipeline('${second}', dockerEvents({ filters: { type: ['volume'] } }), marked, ndjsonFile({ path: '${second}.ndjson' }));`;
    folder.write({ 'p.ts': two('a', 'b'), 'mark.ts': MARK });
    const emit = (id: string): void => engine.emit({ type: 'volume', action: 'mount', id, attributes: {} });
    const lines = (name: string): string[] =>
      existsSync(at(name))
        ? [...readFileSync(at(name), 'utf8').matchAll(/"id":"(\w+)"/g)].map(([, id]) => id!)
        : [];
    const started = await watch(engine);
    await started.says(/"pipeline":"b"[^\n]*connected to/);
    emit('one');
    await becomes(() => lines('b.ndjson').length === 1);
    folder.write({ 'p.ts': two('a', 'c') });
    await started.says(/"pipeline":"b","outcome":"stopped"/);
    await started.says(/"pipeline":"c"[^\n]*connected to/);
    emit('two');
    await becomes(() => lines('c.ndjson').length === 1);
    folder.write({ 'p.ts': two('a', 'b') });
    await started.says(/"pipeline":"c","outcome":"stopped"/);
    await becomes(() => lines('b.ndjson').length === 2);
    await end(started);
    expect(lines('out-0.ndjson')).to.deep.equal(['one', 'two']);
    expect(lines('b.ndjson')).to.deep.equal(['one', 'two']);
    expect(lines('c.ndjson')).to.deep.equal(['two']);
  });

  it('does not wait at the end for a file that is never loaded', async () => {
    const engine = await simulator();
    folder.write({ 'p.ts': events(0), 'mark.ts': MARK });
    const started = await watch(engine);
    folder.write({ 'mark.ts': `process.stderr.write('loading'); await new Promise(() => {});\n${MARK}` });
    await started.says(/loading/);
    await end(started);
  });

  it('runs again what it was where a pipeline fails at once', async () => {
    const engine = await simulator();
    folder.write({ 'p.ts': events(0), 'mark.ts': MARK, file: '' });
    const started = await watch(engine);
    folder.write({ 'p.ts': events(1).replace('out-1', 'file/out-1') });
    await started.says(/p\.ts: a pipeline of it failed at once[^]*not reloaded: p\.ts runs on as it was/);
    engine.emit({ type: 'volume', action: 'mount', id: 'v', attributes: {} });
    await becomes(() => written().some(({ id }) => id === 'v'));
    folder.write({ 'p.ts': events(2) });
    await reloaded(2);
    await end(started);
    expect(written().filter(({ id }) => id === 'v')).to.have.nested.property('[0].version', 0);
  });

  it('waits for the next change when a pipeline has failed, and exits 1 where none came', async () => {
    const failing = (name: string): string => `
import { pipeline } from 'dockrx';
import { concat, NEVER, of, throwError } from 'rxjs';
import { lines } from './lines.ts';
export default pipeline('${name}', concat(of(1), ${name === 'ill' ? "throwError(() => new Error('no'))" : 'NEVER'}), lines('out'));`;
    folder.write({ 'p.ts': failing('ill'), 'lines.ts': LINES_SINK });
    const started = folder.start(['run', '--watch', 'p.ts']);
    await started.says(/failed: no/);
    folder.write({ 'p.ts': failing('well') });
    await started.says(/"pipeline":"well"[^\n]*writes to/);
    folder.write({ 'p.ts': failing('ill') });
    await started.says(/failed at once/);
    await started.says(/(?:"pipeline":"well"[^\n]*writes to[^]*){2}/);
    started.child.kill('SIGTERM');
    expect((await started.done).code).to.equal(0);

    folder.write({ 'p.ts': failing('ill') });
    const second = folder.start(['run', '--watch', 'p.ts']);
    await second.says(/failed: no/);
    await second.says(/watching/);
    second.child.kill('SIGTERM');
    expect((await second.done).code).to.equal(1);
  });

  it('keeps its servers open, and counters where they are', async () => {
    const engine = await simulator();
    const port = await freePort();
    const counting = (version: number): string => `
import { counter, dockerEvents, pipeline, prometheus } from 'dockrx';
export default pipeline('count', dockerEvents({ filters: { type: ['volume'] } }), prometheus({
  listen: '127.0.0.1:${port}',
  metrics: [counter({ name: 'mounts_total', help: 'version ${version}', labels: () => ({}) })],
}));`;
    folder.write({ 'p.ts': counting(0) });
    const started = await watch(engine);
    const stop = publish(engine);
    const seen: number[] = [];
    const asked = new AbortController();
    const asking = (async () => {
      while (!asked.signal.aborted) {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
        expect(answer.status).to.equal(200);
        seen.push(Number(/^mounts_total (\d+)/m.exec(await answer.text())?.[1] ?? 0));
      }
    })();
    for (let version = 1; version <= 5; version += 1) {
      folder.write({ 'p.ts': counting(version) });
      await reloaded(version);
    }
    const count = stop();
    await becomes(() => seen.at(-1) === count);
    asked.abort();
    await asking;
    expect(seen).to.deep.equal(seen.toSorted((a, b) => a - b));
    const stderr = await end(started);
    expect(logLines(stderr).filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('lets the clients of a feed go on behind what they have', async () => {
    const engine = await simulator();
    const port = await freePort();
    const feeding = (version: number): string => `
import { dockerEvents, pipeline, websocketBroadcast } from 'dockrx';
import { map } from 'rxjs';
export default pipeline('feed', dockerEvents({ filters: { type: ['volume'] } }), map((event) => ({ id: 'id' in event ? event.id : '', version: ${version} })),
  websocketBroadcast({ listen: '127.0.0.1:${port}', journal: { dir: 'feed' } }));`;
    folder.write({ 'p.ts': feeding(0) });
    const started = await watch(engine);
    const ids: string[] = [];
    const feed = liveFeed<{ readonly id: string }>(`ws://127.0.0.1:${port}/ws`, {
      WebSocket: WebSocket as unknown as SocketClass,
    });
    const following = feed.frames.subscribe((frame) => {
      if (frame.type === 'record') ids.push(frame.record.id);
      else if (frame.type === 'gap' || frame.type === 'lost') ids.push(frame.type);
    });
    const stop = publish(engine);
    for (let version = 1; version <= 5; version += 1) {
      folder.write({ 'p.ts': feeding(version) });
      await reloaded(version);
    }
    const count = stop();
    await becomes(() => ids.at(-1) === `v${count - 1}`);
    following.unsubscribe();
    await end(started);
    expect(ids).to.deep.equal(Array.from({ length: count }, (_, i) => `v${i}`));
  });
});
