import { crc32 } from 'node:zlib';

// A segment is a header and frames. A frame is the length of what follows its checksum (u32), the checksum (crc32,
// u32), a kind (u8) and a payload; numbers are little-endian. Records follow each other in a segment and are counted
// from the mark before them on. A mark begins with bytes that no JSON text has: behind a damaged place the next mark
// can be found again.

/** The number of the first record behind it, and when that came: u64, f64 of ms since the epoch. */
export const MARK = 1;
/** A record's line of JSON. */
export const RECORD = 2;
/** The place of the source, and the number of the first record behind it: u64, JSON. */
export const CURSOR = 3;

/** Before the payload: length, checksum, kind. */
export const FRAME_HEAD = 9;
export const HEADER_BYTES = 32;
export const MARK_BYTES: number = FRAME_HEAD + 16;
/** No frame is larger, and no segment much. */
export const MAX_FRAME_BYTES: number = 64 * 1024 * 1024;

const MAGIC = Buffer.from('dockrxJ');
const VERSION = 1;
const FIRST_AT = 8;
const MADE_AT = 16;
const HEADER_CRC_AT = 28;

export interface Header {
  /** The number of the segment's first record. */
  readonly first: number;
  readonly madeMs: number;
}

export function encodeHeader({ first, madeMs }: Header): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes[MAGIC.length] = VERSION;
  bytes.writeBigUInt64LE(BigInt(first), FIRST_AT);
  bytes.writeDoubleLE(madeMs, MADE_AT);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, HEADER_CRC_AT)), HEADER_CRC_AT);
  return bytes;
}

/**
 * The header; its version where that is not ours to read; nothing where it is damaged. Of every version it has the same
 * size, and its checksum in the same place.
 */
export function readHeader(bytes: Buffer): Header | { readonly version: number } | undefined {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const crc = crc32(bytes.subarray(0, HEADER_CRC_AT));
  if (crc !== bytes.readUInt32LE(HEADER_CRC_AT)) return undefined;
  const version = bytes[MAGIC.length]!;
  if (version !== VERSION) return { version };
  return { first: Number(bytes.readBigUInt64LE(FIRST_AT)), madeMs: bytes.readDoubleLE(MADE_AT) };
}

/** Writes the frame of a text at a place; returns where it ends. There must be room for three bytes a character. */
export function writeFrame(bytes: Buffer, at: number, kind: number, text: string): number {
  return closeFrame(bytes, at, kind, at + FRAME_HEAD + bytes.write(text, at + FRAME_HEAD));
}

/** The place of the source, as JSON, before the record of a number. */
export interface SourcePlace {
  readonly number: number;
  readonly text: string;
}

export function placeFrame({ number, text }: SourcePlace): Buffer {
  const end = FRAME_HEAD + 8 + Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(end);
  bytes.writeBigUInt64LE(BigInt(number), FRAME_HEAD);
  bytes.write(text, FRAME_HEAD + 8);
  closeFrame(bytes, 0, CURSOR, end);
  return bytes;
}

export function readPlace(bytes: Buffer, at: number, end: number): SourcePlace {
  return {
    number: Number(bytes.readBigUInt64LE(at + FRAME_HEAD)),
    text: bytes.toString('utf8', at + FRAME_HEAD + 8, end),
  };
}

export interface Mark {
  /** The number of the next record. */
  readonly number: number;
  readonly ms: number;
}

export function writeMark(bytes: Buffer, at: number, { number, ms }: Mark): number {
  bytes.writeBigUInt64LE(BigInt(number), at + FRAME_HEAD);
  bytes.writeDoubleLE(ms, at + FRAME_HEAD + 8);
  return closeFrame(bytes, at, MARK, at + MARK_BYTES);
}

export function readMark(bytes: Buffer, at: number): Mark {
  return {
    number: Number(bytes.readBigUInt64LE(at + FRAME_HEAD)),
    ms: bytes.readDoubleLE(at + FRAME_HEAD + 8),
  };
}

function closeFrame(bytes: Buffer, at: number, kind: number, end: number): number {
  bytes[at + 8] = kind;
  bytes.writeUInt32LE(end - at - 8, at);
  bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, end)), at + 4);
  return end;
}

/** The bytes end before the frame does. */
export const SHORT = -1;
/** This is no frame, or one that has been damaged. */
export const BAD = -2;

/** Where the frame at a place ends: above 0, or `SHORT`, or `BAD`. */
export function frameEnd(bytes: Buffer, at: number): number {
  if (bytes.length - at < FRAME_HEAD) return SHORT;
  const length = bytes.readUInt32LE(at);
  // Zeroes, as a power cut leaves them, are no frames, though their checksum is right.
  if (length === 0 || length > MAX_FRAME_BYTES) return BAD;
  const end = at + 8 + length;
  if (end > bytes.length) return SHORT;
  if (crc32(bytes.subarray(at + 8, end)) !== bytes.readUInt32LE(at + 4)) return BAD;
  return bytes[at + 8] === MARK && length !== MARK_BYTES - 8 ? BAD : end;
}

export const kindOf = (bytes: Buffer, at: number): number => bytes[at + 8]!;
export const textIn = (bytes: Buffer, at: number, end: number): string =>
  bytes.toString('utf8', at + FRAME_HEAD, end);

const MARK_START = Buffer.from([MARK_BYTES - 8, 0, 0, 0]);

/** Where the next mark is, from a place on; -1 where there is none. One that the bytes cut off is not found. */
export function findMark(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(MARK_START, from); at >= 0; at = bytes.indexOf(MARK_START, at + 1))
    if (at + MARK_BYTES <= bytes.length && kindOf(bytes, at) === MARK && frameEnd(bytes, at) > 0) return at;
  return -1;
}
