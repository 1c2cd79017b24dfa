import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  encodeHeader,
  FRAME_HEAD,
  frameEnd,
  HEADER_BYTES,
  kindOf,
  MARK,
  MARK_BYTES,
  readMark,
  placeFrame,
  readPlace,
  RECORD,
  textIn,
  writeFrame,
  writeMark,
} from '../../src/journal/format.ts';
import { segmentPath } from '../../src/journal/segments.ts';

/** A frame of a segment, as a test writes or reads it. */
export type Frame =
  | { readonly mark: number; readonly ms: number }
  | { readonly record: unknown }
  | { readonly cursor: unknown; readonly number: number };

export function bytesOf(frame: Frame): Buffer {
  if ('cursor' in frame) return placeFrame({ number: frame.number, text: JSON.stringify(frame.cursor) });
  if ('record' in frame) {
    const bytes = Buffer.alloc(FRAME_HEAD + 3 * JSON.stringify(frame.record).length);
    return bytes.subarray(0, writeFrame(bytes, 0, RECORD, JSON.stringify(frame.record)));
  }
  const bytes = Buffer.alloc(MARK_BYTES);
  writeMark(bytes, 0, { number: frame.mark, ms: frame.ms });
  return bytes;
}

/** Writes a segment of a journal by hand; returns its path. */
export function writeSegment(dir: string, first: number, frames: readonly Frame[]): string {
  mkdirSync(dir, { recursive: true });
  const path = segmentPath(dir, first);
  writeFileSync(path, Buffer.concat([encodeHeader({ first, madeMs: 1 }), ...frames.map(bytesOf)]));
  return path;
}

export interface FrameAt {
  readonly frame: Frame;
  readonly at: number;
  readonly end: number;
}

/** The frames of a whole segment, and where they are. */
export function framesOf(path: string): readonly FrameAt[] {
  const bytes = readFileSync(path);
  const frames: FrameAt[] = [];
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const end = frameEnd(bytes, at);
    if (end < 0) throw new Error(`${path} is not whole at ${at}`);
    frames.push({ frame: frameAt(bytes, at, end), at, end });
    at = end;
  }
  return frames;
}

function frameAt(bytes: Buffer, at: number, end: number): Frame {
  const kind = kindOf(bytes, at);
  if (kind === MARK) {
    const { number, ms } = readMark(bytes, at);
    return { mark: number, ms };
  }
  if (kind === RECORD) return { record: JSON.parse(textIn(bytes, at, end)) as unknown };
  const { number, text } = readPlace(bytes, at, end);
  return { cursor: JSON.parse(text) as unknown, number };
}

/** The paths of a journal's segments, oldest first. */
export const segmentsIn = (dir: string): readonly string[] =>
  namesIn(dir)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(dir, name));

export const asidesIn = (dir: string): readonly string[] =>
  namesIn(dir).filter((name) => name.endsWith('.corrupt'));

const namesIn = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);
