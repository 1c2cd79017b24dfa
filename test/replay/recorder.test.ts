import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEVER, of, Subject } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Pipeline, Source } from '../../src/core/types.ts';
import { readRecording, recordingInfo } from '../../src/replay/read-recording.ts';
import type { Recorded } from '../../src/replay/read-recording.ts';
import { recorder } from '../../src/replay/recorder.ts';
import { jsonText } from '../../src/records/text.ts';
import { gathering } from '../core/sinks.ts';
import { counting } from '../core/sources.ts';

describe('the recorder', () => {
  let dir = '';
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'dockrx-recorder-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const named = (name: string, records: Source<unknown>): Source<unknown> =>
    defineSource<unknown>({ name, open: () => records });
  const pipelineOf = (name: string, ...sources: readonly Source<unknown>[]): Pipeline => ({
    ...pipeline(name, of(1), gathering<unknown>().sink),
    sources,
  });
  const recorderOf = (pipelines: readonly Pipeline[], full = (): void => undefined, maxBytes?: number) =>
    recorder(pipelines, { dir, dockrx: '1.2.3', full, maxBytes });
  const read = async (): Promise<Recorded[]> => {
    const all: Recorded[] = [];
    for await (const one of readRecording(dir)) all.push(one);
    return all;
  };
  const refused = async (): Promise<string> => {
    const error = await recorderOf([pipelineOf('p', NEVER)]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(PipelineError).and.include({ code: 'CONFIG_INVALID' });
    return (error as Error).message;
  };

  it('records what the sources of several pipelines emit, and not what these make of it', async () => {
    const startedMs = Date.now();
    const own = { secret: 1, [jsonText]: () => '{"own":"text"}' };
    const recording = await recorderOf([
      pipelineOf('one', named('a', of({ n: 1 }, { n: 2 })), named('a', of(own))),
      pipelineOf('two', of('plain', null)),
    ]);
    const { outcome, stages } = await runPipeline(recording).done;
    expect(outcome).to.equal('completed');
    expect(stages.map(({ name }) => name)).to.deep.equal(['a', 'a-2', 'observable', 'recording']);
    const recorded = await read();
    expect(recorded.map(({ source, record }) => [source, record])).to.deep.equal([
      [0, { n: 1 }],
      [0, { n: 2 }],
      [1, { own: 'text' }],
      [2, 'plain'],
      [2, null],
    ]);
    const info = await recordingInfo(dir);
    expect(info).to.include({ dockrx: '1.2.3' });
    expect(info.sources.map(({ pipeline: of, name }) => [of, name])).to.deep.equal([
      ['one', 'a'],
      ['one', 'a-2'],
      ['two', 'observable'],
    ]);
    const times = [startedMs, info.startedMs, ...recorded.map(({ atMs }) => atMs), info.endedMs!, Date.now()];
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    for (const { endedMs } of info.sources) expect(endedMs).to.be.within(info.startedMs, info.endedMs!);
  });

  it('loses nothing of a source that is faster than the disk', async () => {
    const { source } = counting(100_000, { perTurn: 10_000 });
    const { stages } = await runPipeline(await recorderOf([pipelineOf('p', source)])).done;
    expect(stages[0]).to.include({ delivered: 100_000 });
    const recorded = await read();
    expect(recorded.map(({ record }) => record)).to.deep.equal(Array.from({ length: 100_000 }, (_, i) => i));
  });

  it('rejects what has no line of JSON, and never goes back in time', async () => {
    const records = new Subject<unknown>();
    const run = runPipeline(await recorderOf([pipelineOf('p', named('a', records))]));
    const { now } = Date;
    records.next(1);
    try {
      Date.now = () => now() - 3_600_000;
      records.next(undefined);
      records.next(2);
    } finally {
      Date.now = now;
    }
    records.complete();
    const { stages } = await run.done;
    expect(stages.at(-1)).to.deep.include({ rejected: { unencodable: 1 }, delivered: 2 });
    const [one, two] = await read();
    expect(two!.atMs).to.be.at.least(one!.atMs);
  });

  it('says when it is full, is readable while it records, and is not ended before it is', async () => {
    const records = new Subject<unknown>();
    const stop = new AbortController();
    const recording = await recorderOf([pipelineOf('p', named('a', records))], () => stop.abort(), 1_000);
    const run = runPipeline(recording, { stop: stop.signal });
    for (let i = 0; i < 5; i += 1) records.next('x'.repeat(150));
    while ((await read().catch(() => [])).length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await recordingInfo(dir)).not.to.have.property('endedMs');
    expect(stop.signal.aborted).to.equal(false);
    records.next('x'.repeat(150));
    expect(stop.signal.aborted).to.equal(true);
    expect((await run.done).outcome).to.equal('stopped');
    expect(await read()).to.have.lengthOf(6);
    expect(await recordingInfo(dir)).to.have.property('endedMs');
    expect(readdirSync(dir).sort()).to.deep.equal(['0000000000000000.segment', 'recording.json']);
  });

  it('refuses a folder that holds another recording, or anything', async () => {
    await runPipeline(await recorderOf([pipelineOf('p', of(1))])).done;
    expect(await refused()).to.match(/holds the recording of .*: choose another folder, or remove it$/);
    rmSync(dir, { recursive: true });
    mkdirSync(dir);
    writeFileSync(join(dir, 'notes.txt'), '');
    expect(await refused()).to.equal(`${dir} is not empty: a recording has a folder of its own`);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, '');
    expect(await refused()).to.contain('is a file and no folder');
  });

  it('makes the folder, and those it is in', async () => {
    rmSync(dir, { recursive: true });
    const above = dir;
    dir = join(above, 'deep', 'down');
    try {
      await runPipeline(await recorderOf([pipelineOf('p', of(1))])).done;
      expect(await read()).to.have.lengthOf(1);
    } finally {
      dir = above;
    }
  });
});
