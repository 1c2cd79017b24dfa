import type { Observable } from 'rxjs';
import { fifo } from '../../core/fifo.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import type { Gap } from '../../records/gap.ts';
import type { Naming } from './names.ts';

type Rec = CadvisorEvent | Gap;

/** Where records wait, in their order, for the sinks to have room and for what their containers are called. */
export interface Outlet {
  readonly put: (record: Rec, naming?: Promise<Naming | undefined>) => void;
  readonly size: number;
  /** Calls back once, when nothing waits any more. */
  readonly whenEmpty: (then: () => void) => void;
  /** Lets nothing out any more; returns how many waited. */
  readonly close: () => number;
}

export interface OutletEar {
  readonly counts: SourceCounts;
  readonly emit: (record: Rec) => void;
  /** A record was given up. */
  readonly dropped: (record: Rec) => void;
}

interface Waiting {
  record: Rec;
  isReady: boolean;
}

/** Holds `capacityBytes` of records at most; the oldest make room for the newest. */
export function outlet(
  gate: Observable<boolean>,
  capacityBytes: number,
  { counts, emit, dropped }: OutletEar,
): Outlet {
  const waiting = fifo<Waiting>();
  let isOpen = true;
  let isClosed = false;
  let onEmpty: (() => void) | undefined;

  const release = (): void => {
    for (let first = waiting.first(); isOpen && first?.item.isReady === true; first = waiting.first()) {
      if (isClosed) return;
      waiting.shift();
      counts.held -= 1;
      emit(first.item.record);
    }
    if (waiting.size > 0 || isClosed) return;
    onEmpty?.();
    onEmpty = undefined;
  };
  const makeRoom = (): void => {
    while (waiting.bytes > capacityBytes && waiting.size > 0) {
      const { record } = waiting.first()!.item;
      waiting.shift();
      counts.held -= 1;
      dropped(record);
    }
  };
  const listening = gate.subscribe((open) => {
    isOpen = open;
    release();
  });
  return {
    get size() {
      return waiting.size;
    },
    put(record, naming) {
      const entry: Waiting = { record, isReady: naming === undefined };
      counts.held += 1;
      waiting.push(entry, sizeOf(record));
      void naming?.then((named) => {
        entry.record = { ...record, ...named };
        entry.isReady = true;
        release();
      });
      release();
      makeRoom();
    },
    whenEmpty(then) {
      onEmpty = then;
      release();
    },
    close() {
      isClosed = true;
      listening.unsubscribe();
      return waiting.size;
    },
  };
}

/** As its text would be long, roughly. */
const sizeOf = (record: Rec): number => 200 + JSON.stringify(record).length;
