import { FRAME_HEAD, MARK_BYTES, RECORD, writeFrame, writeMark } from './format.ts';

/** Records as the bytes that go into a segment: a mark and their frames. */
export interface Pack {
  /** The number of the first record. */
  readonly first: number;
  readonly records: number;
  readonly bytes: Buffer;
}

/** Records that wait to be appended. As bytes: strings that wait make the garbage collector copy them. */
export interface Waiting {
  /** Of all that wait, and of what has been taken and is not settled. */
  readonly bytes: number;
  /** How many wait; what has been taken does not count. */
  readonly records: number;
  add(text: string): void;
  /** Takes all; before it is called again, they are to be settled. */
  take(): Pack[];
  /** What was taken has been appended. */
  settle(): void;
}

/** `next`: the number of the first record. `packBytes`: a pack of several records is no larger. */
export function waiting(next: number, packBytes: number, nowMs: () => number): Waiting {
  const open = Buffer.allocUnsafe(packBytes);
  let packs: Pack[] = [];
  let number = next;
  let first = next;
  let at = 0;
  let packed = 0;
  let taken = 0;
  let waits = 0;

  const put = (bytes: Buffer, records: number): void => {
    packs.push({ first: number - records, records, bytes });
    packed += bytes.length;
  };
  const close = (): void => {
    if (at > 0) put(Buffer.from(open.subarray(0, at)), number - first);
    at = 0;
  };
  const addAlone = (text: string): void => {
    const bytes = Buffer.allocUnsafe(MARK_BYTES + FRAME_HEAD + Buffer.byteLength(text));
    writeFrame(bytes, writeMark(bytes, 0, { number, ms: nowMs() }), RECORD, text);
    number += 1;
    put(bytes, 1);
  };
  return {
    get bytes() {
      return taken + packed + at;
    },
    get records() {
      return waits;
    },
    add(text) {
      // Three bytes at most for each of UTF-16's units.
      const most = FRAME_HEAD + text.length * 3;
      waits += 1;
      if (at + most > packBytes) close();
      if (MARK_BYTES + most > packBytes) {
        addAlone(text);
        return;
      }
      if (at === 0) {
        first = number;
        at = writeMark(open, 0, { number, ms: nowMs() });
      }
      at = writeFrame(open, at, RECORD, text);
      number += 1;
    },
    take() {
      close();
      const all = packs;
      packs = [];
      taken = packed;
      packed = 0;
      waits = 0;
      return all;
    },
    settle() {
      taken = 0;
    },
  };
}

/** As many of the first as have room together; one at least, if there is one. */
export function fitting(packs: readonly Pack[], room: number): readonly Pack[] {
  let bytes = 0;
  const beyond = packs.findIndex((pack, i) => {
    bytes += pack.bytes.length;
    return i > 0 && bytes > room;
  });
  return beyond < 0 ? packs.slice() : packs.slice(0, beyond);
}
