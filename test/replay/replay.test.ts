import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  asapScheduler,
  asyncScheduler,
  bufferTime,
  concatMap,
  debounceTime,
  delay,
  EMPTY,
  endWith,
  map,
  merge,
  mergeMap,
  mergeWith,
  interval,
  observeOn,
  of,
  pipe,
  take,
  timestamp,
} from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { RunResult } from '../../src/core/run.ts';
import type { Pipeline, Source } from '../../src/core/types.ts';
import type { RecordingInfo } from '../../src/replay/manifest.ts';
import type { Recorded } from '../../src/replay/read-recording.ts';
import { openReplay } from '../../src/replay/replay.ts';
import { gathering } from '../core/sinks.ts';
import { hear } from '../core/runs.ts';
import { writeSegment } from '../journal/segment-files.ts';
import { infoOf, writeRecording } from './recordings.ts';

const START = Date.UTC(2026, 0, 1);

interface Replayed {
  readonly results: readonly RunResult[];
  readonly told: readonly string[];
}

describe('a replay', () => {
  let dir = '';
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'dockrx-replay-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const named = (name: string): Source<unknown> => defineSource({ name, open: () => EMPTY });
  /** Records `name@ms` of the sources, `ms` from the start on. */
  const write = async (
    times: readonly (readonly [source: number, ms: number])[],
    info: RecordingInfo = infoOf(START, START + 10_000, ['a', 'b']),
  ): Promise<void> => {
    const recorded = times.map(([source, ms]): Recorded => ({
      source,
      atMs: START + ms,
      record: `${source}@${ms}`,
    }));
    await writeRecording(dir, info, recorded);
  };
  const replay = async (
    pipelines: readonly Pipeline[],
    { speed = Infinity, drainMs = 2_000, stop = new AbortController() } = {},
  ): Promise<Replayed> => {
    const told: string[] = [];
    const opened = await openReplay(pipelines, {
      ...{ dir, speed, drainMs, stop: () => stop.abort() },
      tell: (message) => told.push(message),
    });
    const runs = opened.run(() =>
      opened.pipelines.map((each) => runPipeline(each, { stop: stop.signal, drainMs: 50 })),
    );
    return { results: await Promise.all(runs.map(({ done }) => done)), told };
  };
  const since = (ms: number): number => ms - START;
  const both = (): Pick<Pipeline, 'sources'> => ({ sources: [named('a'), named('b')] });

  it('feeds what each source has emitted, in its order, at its time', async () => {
    await write([
      [0, 5],
      [1, 5],
      [0, 5],
      [1, 900],
    ]);
    const { sink, records } = gathering<unknown>();
    const operator = pipe(
      timestamp(),
      map(({ value, timestamp: at }) => `${String(value)} ${since(at)}`),
    );
    const heard = hear('p');
    const { results, told } = await replay([{ ...pipeline('p', of(1), operator, sink), ...both() }]);
    heard.end();
    expect(records).to.deep.equal(['0@5 5', '1@5 5', '0@5 5', '1@900 900']);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
    expect(
      results[0]!.stages.slice(0, 2).map(({ received, delivered }) => [received, delivered]),
    ).to.deep.equal([
      [2, 2],
      [2, 2],
    ]);
    expect(heard.of('connected').map(({ to, stage }) => [stage, to])).to.deep.equal([
      ['a', `the recording ${dir}`],
      ['b', `the recording ${dir}`],
    ]);
    expect(told).to.deep.equal([]);
  });

  it('fires timers between the records, up to the end of the recording and behind it', async () => {
    await write([
      [0, 0],
      [0, 100],
      [0, 2_000],
    ]);
    const { sink, records } = gathering<unknown>();
    const now = (): number => since(asyncScheduler.now());
    const operator = mergeMap((value: unknown) =>
      merge(
        of(`${String(value)} ${now()}`),
        of(value).pipe(
          delay(1_000),
          map(() => `${String(value)} later ${now()}`),
        ),
        of(value).pipe(
          delay(9_500),
          map(() => `${String(value)} much later ${now()}`),
        ),
      ),
    );
    await replay([pipeline('p', named('a'), operator, endWith('end'), sink)]);
    expect(records).to.deep.equal([
      '0@0 0',
      '0@100 100',
      '0@0 later 1000',
      '0@100 later 1100',
      '0@2000 2000',
      '0@2000 later 3000',
      '0@0 much later 9500',
      '0@100 much later 9600',
      '0@2000 much later 11500',
      'end',
    ]);
  });

  it('fires those due at a record’s arrival before it, and what it sets at once behind it', async () => {
    await write([
      [0, 0],
      [0, 1_000],
      [0, 1_000],
    ]);
    const { sink, records } = gathering<unknown>();
    const operator = mergeMap((value: unknown) =>
      merge(
        of(value),
        of(`${String(value)} soon`).pipe(observeOn(asapScheduler)),
        of(`${String(value)} due`).pipe(delay(1_000)),
      ),
    );
    await replay([pipeline('p', named('a'), operator, sink)]);
    expect(records).to.deep.equal([
      ...['0@0', '0@0 soon', '0@0 due'],
      ...['0@1000', '0@1000 soon', '0@1000', '0@1000 soon', '0@1000 due', '0@1000 due'],
    ]);
  });

  it('lets promises be done before time passes', async () => {
    await write([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    const { sink, records } = gathering<unknown>();
    const slowly = async (value: unknown): Promise<string> => {
      for (let i = 0; i < 20; i += 1) await Promise.resolve();
      return `${String(value)} done ${since(asyncScheduler.now())}`;
    };
    await replay([
      pipeline(
        'p',
        named('a'),
        mergeMap((value) => merge(of(value), slowly(value))),
        sink,
      ),
    ]);
    expect(records).to.deep.equal(['0@0', '0@0 done 0', '0@1', '0@1 done 1', '0@2', '0@2 done 2']);
  });

  it('ends a source when it ended, the others at the end of the recording', async () => {
    const info = infoOf(START, START + 10_000, ['a', 'b']);
    await write(
      [
        [0, 1],
        [1, 1],
        [1, 700],
      ],
      { ...info, sources: [{ ...info.sources[0]!, endedMs: START + 500 }, info.sources[1]!] },
    );
    const { sink, records } = gathering<unknown>();
    const ending = gathering<unknown>();
    const stamped = pipe(
      endWith('end'),
      timestamp(),
      map(({ value, timestamp: at }) => `${String(value)} ${since(at)}`),
    );
    await replay([
      pipeline('p', named('a'), stamped, sink),
      { ...pipeline('q', named('b'), stamped, ending.sink) },
    ]);
    expect(records).to.deep.equal(['0@1 1', 'end 500']);
    expect(ending.records).to.deep.equal(['1@1 1', '1@700 700', 'end 10000']);
  });

  it('ends with the last record where a crash has ended the recording', async () => {
    const { endedMs, ...info } = infoOf(START, 0, ['a']);
    expect(endedMs).to.equal(0);
    await write([[0, 300]], info);
    const { sink, records } = gathering<unknown>();
    await replay([pipeline('p', named('a'), bufferTime(200), timestamp(), sink)]);
    expect(records).to.deep.equal([
      { value: [], timestamp: START + 200 },
      { value: ['0@300'], timestamp: START + 300 },
    ]);
  });

  it('stands still while a sink is full, and no queue drops anything', async () => {
    await write(Array.from({ length: 2_000 }, (_, i) => [0, i] as const));
    const slow = gathering<unknown>({
      before: () => new Promise(setImmediate),
      queue: { policy: 'drop-oldest', capacity: 10 },
    });
    const timed = gathering<unknown>({ queue: { policy: 'drop-newest', capacity: 100 } });
    const { results } = await replay([
      pipeline('p', named('a'), mergeWith(interval(1).pipe(take(3_000))), [
        slow.sink,
        pipe(debounceTime(0), timed.sink),
      ]),
    ]);
    expect(slow.records).to.have.lengthOf(5_000);
    expect(results[0]!.stages.map(({ dropped }) => dropped)).to.deep.equal([{}, {}, {}, {}]);
    // Outside of a replay the policy stands.
    const flood = gathering<unknown>({ queue: { policy: 'drop-oldest', capacity: 10 } });
    const all = Array.from({ length: 100 }, (_, i) => i);
    const { stages } = await runPipeline(pipeline('flood', of(...all), flood.sink)).done;
    expect(stages.at(-1)!.dropped).to.have.property('drop-oldest').above(0);
  });

  it('is the same at any speed, which it keeps', async () => {
    await write(
      Array.from({ length: 40 }, (_, i) => [i % 2, i * 7] as const),
      infoOf(START, START + 400, ['a', 'b']),
    );
    const outputs: unknown[] = [];
    for (const speed of [Infinity, 2, 1]) {
      const { sink, records } = gathering<unknown>();
      const beganMs = performance.now();
      await replay([{ ...pipeline('p', of(1), bufferTime(50), timestamp(), sink), ...both() }], { speed });
      expect(performance.now() - beganMs).to.be.at.least(400 / speed);
      outputs.push(records);
    }
    expect(outputs[1]).to.deep.equal(outputs[0]);
    expect(outputs[2]).to.deep.equal(outputs[0]);
  });

  it('is stopped at once, whatever it waits for', async () => {
    await write([
      [0, 0],
      [0, 9_000_000],
    ]);
    const stop = new AbortController();
    const { sink, records } = gathering<unknown>({
      before: () => {
        stop.abort();
        return Promise.resolve();
      },
    });
    const { results } = await replay(
      [
        pipeline(
          'p',
          named('a'),
          bufferTime(1),
          concatMap((all) => all),
          sink,
        ),
      ],
      { speed: 1, stop },
    );
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['stopped']);
    expect(records).to.deep.equal(['0@0']);
  });

  it('stops what would go on for ever behind the end', async () => {
    await write([[0, 0]]);
    const { sink, records } = gathering<unknown>();
    const { results, told } = await replay([pipeline('p', named('a'), mergeWith(interval(1_000)), sink)]);
    expect(records).to.deep.equal(['0@0', ...Array.from({ length: 12 }, (_, i) => i)]);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['overdue']);
    expect(told).to.deep.equal([
      'something waits for longer than 2 s behind the end of the recording: it is stopped',
    ]);
  });

  it('goes on without those who have had enough, and ends when all have', async () => {
    await write(Array.from({ length: 10_000 }, (_, i) => [0, i] as const));
    const few = gathering<unknown>();
    const more = gathering<unknown>();
    await replay([
      pipeline('p', named('a'), take(2), few.sink),
      { ...pipeline('q', named('a'), take(5), more.sink) },
    ]);
    expect(few.records).to.have.lengthOf(2);
    expect(more.records).to.have.lengthOf(5);
  });

  it('may run beside another in one process, each on its own time', async () => {
    await write([
      [0, 0],
      [0, 1_000],
    ]);
    const one = gathering<unknown>();
    const other = gathering<unknown>();
    const operator = pipe(delay(700), timestamp());
    const run = (sink: typeof one.sink, speed: number): Promise<Replayed> =>
      replay([pipeline('p', named('a'), operator, sink)], { speed });
    await Promise.all([run(one.sink, 1_000), run(other.sink, 20)]);
    expect(one.records).to.deep.equal([
      { value: '0@0', timestamp: START + 700 },
      { value: '0@1000', timestamp: START + 1_700 },
    ]);
    expect(other.records).to.deep.equal(one.records);
  });

  it('fails where the recording cannot be read', async () => {
    await write([[0, 0]]);
    rmSync(join(dir, '0000000000000000.segment'));
    writeSegment(dir, 0, [{ mark: 0, ms: START }, { record: [0, START, 'first'] }, { record: {} }]);
    const { sink } = gathering<unknown>();
    const { results } = await replay([pipeline('p', named('a'), sink)]);
    expect(results[0]!.outcome).to.equal('failed');
    expect((results[0]!.error as Error).message).to.match(
      /^cannot read the recording .* is no part of a recording/,
    );
    rmSync(dir, { recursive: true });
    const error = await replay([pipeline('p', named('a'), sink)]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(PipelineError).and.include({ code: 'CONFIG_INVALID' });
  });

  it('takes a source by pipeline and name, and says where there is none', async () => {
    await write([[1, 0]], {
      ...infoOf(START, START + 1, []),
      sources: [
        { pipeline: 'p', name: 'a' },
        { pipeline: 'p', name: 'b' },
        { pipeline: 'q', name: 'b' },
      ],
    });
    const fails = async (name: string, source: string): Promise<string> => {
      const tried = replay([pipeline(name, named(source), gathering<unknown>().sink)]);
      const error = await tried.catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(PipelineError).and.include({ code: 'CONFIG_INVALID' });
      return (error as Error).message;
    };
    expect(await fails('p', 'c')).to.equal(
      `the recording ${dir} has no source c for pipeline p: it has a of p, b of p, b of q`,
    );
    expect(await fails('q', 'a')).to.contain('has no source a for pipeline q');
    expect(await fails('new', 'b')).to.contain('has several sources b for pipeline new');
    const { sink, records } = gathering<unknown>();
    await replay([pipeline('new', named('a'), sink)]);
    await replay([pipeline('p', named('b'), sink)]);
    expect(records).to.deep.equal(['1@0']);
  });
});
