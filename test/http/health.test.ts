import { expect } from 'chai';
import { concat, NEVER, of, Subject } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import type { Tell } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { withShared } from '../../src/core/shared.ts';
import { openHttp } from '../../src/http/open-http.ts';
import type { HttpMount } from '../../src/http/open-http.ts';
import { hear } from '../core/runs.ts';
import { handwritten, sinkOf, turns } from '../core/sinks.ts';
import { ask } from './asking.ts';

describe('/healthz and /readyz', () => {
  const inProcess = (test: (url: string, stop: AbortController) => Promise<void>) => (): Promise<void> =>
    withShared(async () => {
      const stop = new AbortController();
      let mount: HttpMount | undefined;
      try {
        mount = await openHttp('127.0.0.1:0');
        await test(mount.url, stop);
      } finally {
        stop.abort();
        await mount?.release();
      }
    });
  const health = async (url: string): Promise<unknown> => {
    const { status, headers, body } = await ask(`${url}/healthz`);
    expect({ status, type: headers['content-type'] }).to.deep.equal({
      status: 200,
      type: 'application/json',
    });
    return (JSON.parse(body) as { readonly pipelines: unknown }).pipelines;
  };
  const ready = async (url: string): Promise<unknown> => {
    const { status, body } = await ask(`${url}/readyz`);
    return { status, ...(JSON.parse(body) as object) };
  };
  const yes = { status: 200, ready: true, reasons: [] };
  const no = (...reasons: readonly string[]): object => ({ status: 503, ready: false, reasons });

  it(
    'say that all is well where nothing runs',
    inProcess(async (url) => {
      expect(await health(url)).to.deep.equal({});
      expect(await ready(url)).to.deep.equal(yes);
    }),
  );

  it(
    'tell of every pipeline, and of each that has failed',
    inProcess(async (url, stop) => {
      runPipeline(pipeline('health-well', concat(of(1), NEVER), sinkOf()), { stop: stop.signal });
      const bad = sinkOf({ open: () => Promise.reject(new PipelineError('SINK_REFUSED', 'on purpose')) });
      const run = runPipeline(pipeline('health-bad', concat(of(1), NEVER), bad), { stop: stop.signal });
      await run.done;
      expect(await health(url)).to.deep.equal({ 'health-well': 'running', 'health-bad': 'failed' });
      expect(await ready(url)).to.deep.equal(no('health-bad: it has failed'));
    }),
  );

  it(
    'turn with a source that goes away and comes back',
    inProcess(async (url, stop) => {
      let tell!: Tell;
      let records!: Subject<number>;
      const source = defineSource<number>({
        name: 'engine',
        open(heard) {
          tell = heard;
          return (records = new Subject());
        },
      });
      const connect = (): void => tell({ type: 'connected', to: 'here', simulated: false });
      const facts = hear('ready-source');
      runPipeline(pipeline('ready-source', source, sinkOf()), {
        stop: stop.signal,
        backoff: { firstMs: 1, maxMs: 1 },
      });
      await facts.until('opened');
      expect(await ready(url)).to.deep.equal(no('ready-source: engine is not connected'));
      connect();
      expect(await ready(url)).to.deep.equal(yes);
      const before = records;
      records.error(new PipelineError('SOURCE_UNAVAILABLE', 'on purpose'));
      expect(await ready(url)).to.deep.equal(no('ready-source: engine is not connected'));
      expect(await health(url)).to.deep.equal({ 'ready-source': 'running' });
      while (records === before) await turns(1);
      connect();
      expect(await ready(url)).to.deep.equal(yes);
      facts.end();
    }),
  );

  it(
    'turn with a sink that opens late and tries again',
    inProcess(async (url, stop) => {
      let open!: () => void;
      const opening = new Promise<void>((resolve) => (open = resolve));
      const writes = handwritten({ backoff: { firstMs: 1, maxMs: 1 } });
      const late = sinkOf({
        name: 'late',
        open: async () => {
          await opening;
          return { write: () => Promise.resolve(), close: () => Promise.resolve() };
        },
      });
      const facts = hear('ready-sink');
      const numbers = new Subject<number>();
      runPipeline(pipeline('ready-sink', numbers, [late, writes.sink]), {
        stop: stop.signal,
        watch: { everyMs: 5, stalledMs: 20, blockedMs: 3_600_000 },
      });
      expect(await ready(url)).to.deep.equal(no('ready-sink: late has not opened'));
      open();
      await facts.until('opened', 2);
      expect(await ready(url)).to.deep.equal(yes);

      numbers.next(1);
      (await writes.nextWrite()).fail(new PipelineError('SINK_UNAVAILABLE', 'on purpose'));
      await facts.until('retrying');
      expect(await ready(url)).to.deep.equal(no('ready-sink: sink waits to try again'));
      const again = await writes.nextWrite();
      again.succeed();
      await facts.until('recovered');
      expect(await ready(url)).to.deep.equal(yes);
      facts.end();
    }),
  );

  it(
    'turn with a sink that stands still',
    inProcess(async (url, stop) => {
      const writes = handwritten();
      const facts = hear('ready-stuck');
      runPipeline(pipeline('ready-stuck', concat(of(1), NEVER), writes.sink), {
        stop: stop.signal,
        watch: { everyMs: 5, stalledMs: 20, blockedMs: 3_600_000 },
      });
      const stuck = await writes.nextWrite();
      await facts.until('stalled');
      expect(await ready(url)).to.deep.equal(no('ready-stuck: sink is stalled'));
      stuck.succeed();
      await facts.until('recovered');
      expect(await ready(url)).to.deep.equal(yes);
      facts.end();
    }),
  );

  it(
    'say that a pipeline is being stopped',
    inProcess(async (url, stop) => {
      const writes = handwritten();
      const run = runPipeline(pipeline('ready-stop', concat(of(1), NEVER), writes.sink), {
        stop: stop.signal,
      });
      const write = await writes.nextWrite();
      stop.abort();
      expect(await health(url)).to.deep.equal({ 'ready-stop': 'draining' });
      expect(await ready(url)).to.deep.equal(no('ready-stop: it has been stopped'));
      write.succeed();
      await run.done;
      expect(await health(url)).to.deep.equal({ 'ready-stop': 'stopped' });
    }),
  );
});
