import { isBehind, START } from './position.ts';
import type { Position } from './position.ts';

/** A record as a feed keeps it: its line of JSON. */
export interface Entry extends Position {
  readonly text: string;
}

export interface RingLimits {
  readonly bytes: number;
  readonly records: number;
}

/** The newest records in their order: all events up to the limits, and of samples the newest of each key. */
export interface Ring {
  /** `key`: of a sample, what it is a reading of; nothing for an event. */
  readonly add: (position: Position, text: string, key: string | undefined) => void;
  /** All that is behind this position is in it, but for samples that have been replaced. */
  readonly reachesBackTo: Position;
  /** How many bytes of events come behind a position. */
  readonly bytesBehind: (position: Position) => number;
  /** The records behind a position, up to another one: as many as have so many bytes, one at least. */
  readonly read: (behind: Position, upTo: Position, bytes: number) => readonly Entry[];
}

interface Slot extends Position {
  /** Nothing once a newer sample has replaced it. */
  text: string | undefined;
  readonly key: string | undefined;
  /** How many bytes of events came before it, in all. */
  readonly bytesBefore: number;
}

/** Memory that a record takes beside its text. */
const SLOT_BYTES = 100;
const COMPACT_FROM = 1024;

/** `from`: the position behind which records will be added. */
export function createRing(
  { bytes: maxBytes, records: maxRecords }: RingLimits,
  from: Position = START,
): Ring {
  let slots: Slot[] = [];
  /** Those before it are gone. */
  let first = 0;
  const newest = new Map<string, Slot>();
  let start: Position = from;
  let bytes = 0;
  let held = 0;
  let eventBytes = 0;

  const clear = (slot: Slot): void => {
    if (slot.text === undefined) return;
    bytes -= slot.text.length + SLOT_BYTES;
    held -= 1;
    slot.text = undefined;
  };
  const evict = (): void => {
    for (; bytes > maxBytes || held > maxRecords; first += 1) {
      const oldest = slots[first]!;
      clear(oldest);
      start = { event: oldest.event, sample: oldest.sample };
      if (oldest.key !== undefined && newest.get(oldest.key) === oldest) newest.delete(oldest.key);
    }
  };
  const compact = (): void => {
    if (slots.length < COMPACT_FROM || slots.length < 2 * held) return;
    slots = slots.filter(({ text }) => text !== undefined);
    first = 0;
  };
  const indexBehind = (position: Position): number => {
    let low = first;
    let high = slots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBehind(position, slots[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    add({ event, sample }, text, key) {
      const slot: Slot = { event, sample, text, key, bytesBefore: eventBytes };
      if (key === undefined) eventBytes += text.length;
      else {
        const before = newest.get(key);
        if (before !== undefined) clear(before);
        newest.set(key, slot);
      }
      slots.push(slot);
      held += 1;
      bytes += text.length + SLOT_BYTES;
      evict();
      compact();
    },
    get reachesBackTo() {
      return start;
    },
    bytesBehind(position) {
      const next = slots[indexBehind(position)];
      return next === undefined ? 0 : eventBytes - next.bytesBefore;
    },
    read(behind, upTo, most) {
      const found: Entry[] = [];
      let size = 0;
      for (let at = indexBehind(behind); at < slots.length && size < most; at += 1) {
        const slot = slots[at]!;
        if (isBehind(upTo, slot)) break;
        if (slot.text === undefined) continue;
        found.push(slot as Entry);
        size += slot.text.length;
      }
      return found;
    },
  };
}
