import type { Json } from '../../core/types.ts';
import { endings } from './endings.ts';
import type { Ending } from './endings.ts';

/** Where one series of a metric counts. */
export interface Slot {
  readonly labels: string;
  readonly createdMs: number;
}

/** How slots of one kind come to be and outlive the process. */
export interface SlotKind<S extends Slot> {
  readonly make: (labels: string, createdMs: number) => S;
  readonly write: (slot: S) => Json;
  /** Sets a new slot to what was written; false where that does not fit. */
  readonly restore: (slot: S, written: Json) => boolean;
}

export interface SlotsOptions<T> {
  readonly limit: number;
  readonly now: () => number;
  readonly ends: Ending<T> | undefined;
  readonly limited: () => void;
}

/** The slots of a metric, by the printed labels: at most `limit`, and those for what there was no room for. */
export interface Slots<T, S extends Slot> {
  /** Finds or opens one. `other` prints the labels of the one used where there is no room. */
  readonly slotFor: (labels: string, other: () => string, key: string | undefined, record: T) => S;
  /** Notes what this record ends. */
  readonly end: (record: T) => void;
  /** All whose time is not over: a list of its own, for slots may come and go while it is printed. */
  readonly all: () => readonly S[];
  readonly read: () => Json;
  readonly restore: (state: Json) => void;
}

/** Labels, when it began to count, what it counted, the key that ends it. */
type Row = readonly [labels: string, createdMs: number, written: Json, key: string | null];

interface State {
  readonly slots: readonly Row[];
  readonly others: readonly Row[];
  readonly ends: readonly (readonly [key: string, endsAtMs: number])[];
}

export function slots<T, S extends Slot>(
  { limit, now, ends, limited }: SlotsOptions<T>,
  { make, write, restore }: SlotKind<S>,
): Slots<T, S> {
  const known = new Map<string, S>();
  const others = new Map<string, S>();
  const ended = ends && endings(ends, now);
  const keys = new Map<string, string>();
  const byKey = new Map<string, Set<string>>();

  const assign = (labels: string, key: string): void => {
    const before = keys.get(labels);
    if (before === key) return;
    if (before !== undefined) release(labels, before);
    keys.set(labels, key);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, new Set([labels]));
    else own.add(labels);
  };
  const release = (labels: string, key: string): void => {
    const own = byKey.get(key);
    own?.delete(labels);
    if (own?.size === 0) byKey.delete(key);
  };
  const forget = (key: string): void => {
    for (const labels of byKey.get(key) ?? []) {
      known.delete(labels);
      keys.delete(labels);
    }
    byKey.delete(key);
  };
  const sweep = (): void => {
    for (const key of ended?.expired() ?? []) forget(key);
  };
  /** What has ended and is only still scraped makes room for what goes on. */
  const hasRoom = (): boolean => {
    while (known.size >= limit) {
      const key = ended?.oldest();
      if (key === undefined) return false;
      forget(key);
    }
    return true;
  };
  /** A label may be called so: it is the same series then. */
  const find = (labels: string): S | undefined => known.get(labels) ?? others.get(labels);
  const otherSlot = (labels: string): S => {
    limited();
    let slot = find(labels);
    if (slot === undefined) others.set(labels, (slot = make(labels, now())));
    return slot;
  };

  const rowOf = (slot: S): Row => [slot.labels, slot.createdMs, write(slot), keys.get(slot.labels) ?? null];
  const restoreRows = (rows: readonly Row[], into: Map<string, S>): void => {
    for (const [labels, createdMs, written, key] of rows) {
      const slot = make(labels, createdMs);
      if (!restore(slot, written)) continue;
      into.set(labels, slot);
      if (key !== null && ended !== undefined) assign(labels, key);
    }
  };

  return {
    slotFor(labels, other, key, record) {
      if (key !== undefined) ended?.revive(key, record);
      let slot = find(labels);
      if (slot === undefined) {
        if (!hasRoom()) return otherSlot(other());
        known.set(labels, (slot = make(labels, now())));
      }
      if (key !== undefined && ended !== undefined) assign(labels, key);
      return slot;
    },
    end(record) {
      if (ended === undefined) return;
      ended.note(record, (key) => byKey.has(key));
      sweep();
    },
    all() {
      sweep();
      return [...known.values(), ...others.values()];
    },
    read: () => ({
      slots: [...known.values()].map(rowOf),
      others: [...others.values()].map(rowOf),
      ends: ended?.read() ?? [],
    }),
    restore(state) {
      const { slots, others: rest, ends } = state as unknown as State;
      restoreRows(slots, known);
      restoreRows(rest, others);
      ended?.restore(ends);
    },
  };
}
