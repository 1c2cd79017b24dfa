import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { debounceTime, filter, NEVER, tap } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import type { Pipeline, Source } from '../../src/core/types.ts';
import { expectPipeline, recording } from '../../src/testing/index.ts';
import { sinkOf } from '../core/sinks.ts';
import { infoOf, writeRecording } from '../replay/recordings.ts';

interface Note {
  readonly text: string;
}
const notes: Source<Note> = NEVER;
const made = (operator: OperatorFunction<Note, unknown>, name = 'p'): Pipeline =>
  pipeline(name, notes, operator, sinkOf<unknown>());

const START = 1_700_000_000_000;
const at = (ms: number, text: string, source = 0): { source: number; atMs: number; record: Note } => ({
  source,
  atMs: START + ms,
  record: { text },
});

describe('a recording given to a pipeline', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dockrx-recording-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('comes at its times, from when it began to its end', async () => {
    await writeRecording(dir, infoOf(START, START + 100, ['a']), [at(5, 'A'), at(5, 'B'), at(15, 'C')]);
    const given = (tested: Pipeline): ReturnType<ReturnType<typeof expectPipeline>['given']> =>
      expectPipeline(tested).given(recording(dir));
    await given(made(tap())).emits([{ text: 'A' }, { text: 'B' }, { text: 'C' }]);
    await given(made(filter(({ text }) => text !== 'A'))).emits('5ms b 9ms c 84ms |', {
      b: { text: 'B' },
      c: { text: 'C' },
    });
    // As in a replay a timer comes before a record of the same millisecond.
    await given(made(debounceTime(10))).emits('15ms b 9ms c', { b: { text: 'B' }, c: { text: 'C' } });
  });

  it('is the part of the pipeline of that name, or all where there is none', async () => {
    const info = { ...infoOf(START, START + 10, ['a', 'b']), dockrx: '0.0.0' };
    const sources = [
      { pipeline: 'p', name: 'a' },
      { pipeline: 'q', name: 'b' },
    ];
    await writeRecording(dir, { ...info, sources }, [at(1, 'of p'), at(2, 'of q', 1)]);
    await expectPipeline(made(tap(), 'p'))
      .given(recording(dir))
      .emits([{ text: 'of p' }]);
    await expectPipeline(made(tap(), 'q'))
      .given(recording(dir))
      .emits([{ text: 'of q' }]);
    await expectPipeline(made(tap(), 'new'))
      .given(recording(dir))
      .emits([{ text: 'of p' }, { text: 'of q' }]);
  });

  it('ends with its last record where a crash has torn it', async () => {
    const { dockrx, startedMs, sources } = infoOf(START, START + 10, ['a']);
    await writeRecording(dir, { dockrx, startedMs, sources }, [at(1, 'A'), at(2, 'B')]);
    const segment = readdirSync(dir).find((name) => name !== 'recording.json')!;
    appendFileSync(join(dir, segment), 'torn');
    await expectPipeline(made(tap()))
      .given(recording(dir))
      .emits('-a(b|)', { a: { text: 'A' }, b: { text: 'B' } });
  });

  it('must be one', async () => {
    const error = await expectPipeline(made(tap()))
      .given(recording(dir))
      .emits([])
      .catch((reason: unknown) => reason);
    expect((error as Error).message).to.include(`${dir} holds no recording`);
  });
});
