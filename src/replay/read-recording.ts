import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { PipelineError } from '../core/errors.ts';
import { frameEnd, HEADER_BYTES, kindOf, MARK, readMark, RECORD, textIn } from '../journal/format.ts';
import { nextMark } from '../journal/repair.ts';
import { hasHeader, listFolder, readFrames } from '../journal/segments.ts';
import type { Segment } from '../journal/segments.ts';
import { findManifest } from './manifest.ts';
import type { RecordingInfo } from './manifest.ts';

/** A record as it was recorded. */
export interface Recorded {
  /** The number of its source: its place in the list of {@link recordingInfo}. */
  readonly source: number;
  /** When it came, in milliseconds since the epoch; never less than of the one before. */
  readonly atMs: number;
  readonly record: unknown;
}

/** What a recording tells of itself. Errors `CONFIG_INVALID` where there is none, or one of a newer dockrx. */
export async function recordingInfo(dir: string): Promise<RecordingInfo> {
  const info = await findManifest(dir);
  if (info === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `${dir} holds no recording: make one with pipeline record FILE --out ${dir}`,
    );
  return info;
}

/**
 * The records of a recording, in the order they came, as `JSON.parse` gives them. Reads only: what a crash has torn at
 * its end is left out, and what is damaged; `tell` hears of it.
 */
export async function* readRecording(
  dir: string,
  tell: (message: string) => void = () => undefined,
): AsyncIterable<Recorded> {
  for await (const batch of recordedBatches(dir, tell)) yield* batch;
}

/** The same by as many as a read brings: 256 KiB, or one record. */
export async function* recordedBatches(
  dir: string,
  tell: (message: string) => void,
): AsyncGenerator<readonly Recorded[], void> {
  const { segments } = await listFolder(dir);
  const place: Place = { number: segments[0]?.first ?? 0 };
  for (const segment of segments) {
    if (!(await hasHeader(segment))) {
      if (segment.bytes > HEADER_BYTES) tell(`${segment.path} is damaged: it is left out`);
      continue;
    }
    const isLast = segment === segments.at(-1);
    const file = await open(segment.path, 'r');
    try {
      yield* batchesOf(file, segment, isLast, place, tell);
    } finally {
      await file.close();
    }
  }
}

interface Place {
  /** The number of the next record. */
  number: number;
}

async function* batchesOf(
  file: FileHandle,
  { path, first, bytes }: Segment,
  isLast: boolean,
  place: Place,
  tell: (message: string) => void,
): AsyncGenerator<readonly Recorded[], void> {
  const goOnAt = (number: number): void => {
    if (number > place.number) tell(`${path}: ${number - place.number} records before ${number} are missing`);
    place.number = number;
  };
  goOnAt(first);
  for (let at = HEADER_BYTES; at < bytes;) {
    const chunk = await readFrames(file, at, bytes);
    const batch: Recorded[] = [];
    let here = 0;
    for (let end = frameEnd(chunk, here); end > 0; end = frameEnd(chunk, here)) {
      const kind = kindOf(chunk, here);
      if (kind === MARK) goOnAt(readMark(chunk, here).number);
      else if (kind === RECORD) {
        batch.push(recordedIn(textIn(chunk, here, end), path));
        place.number += 1;
      }
      here = end;
    }
    at += here;
    yield batch;
    // A frame cut off by the chunk comes whole with the next one.
    if (here > 0) continue;
    const mark = await nextMark(file, at, bytes, place.number, Infinity);
    if (mark === undefined) {
      tell(
        `${path} ${isLast ? 'ends in the middle of a record' : 'is damaged'}: ${bytes - at} bytes are left out`,
      );
      return;
    }
    tell(`${path} is damaged: ${mark.at - at} bytes are left out`);
    at = mark.at;
  }
}

/** The line of a record in a recording: a list of its source, when it came, and itself. */
export const recordedText = (source: number, atMs: number, text: string): string =>
  `[${source},${atMs},${text}]`;

function recordedIn(text: string, path: string): Recorded {
  const entry = JSON.parse(text) as unknown;
  const [source, atMs, record] = (Array.isArray(entry) ? entry : []) as [number?, number?, unknown?];
  if (source === undefined || atMs === undefined)
    throw new PipelineError(
      'SOURCE_REFUSED',
      `${path} is no part of a recording: is it the journal of a source?`,
    );
  return { source, atMs, record };
}
