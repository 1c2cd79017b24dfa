import type { SinkLedger } from '../../core/types.ts';

/** The books of a sink that holds nothing. */
export interface Ledger {
  readonly view: SinkLedger;
  /** Writes down a record that came, and whether it could be read. */
  readonly note: (isRead: boolean) => void;
  /** Tells what has been delivered since. */
  readonly flush: () => void;
}

/** `tell` hears of what was delivered once a turn of the event loop at most. */
export function openLedger(tell: (delivered: number) => void): Ledger {
  const rejected: Record<string, number> = {};
  const counts = { received: 0, delivered: 0 };
  let told = 0;
  let turn: NodeJS.Immediate | undefined;
  const flush = (): void => {
    clearImmediate(turn);
    turn = undefined;
    const count = counts.delivered - told;
    told = counts.delivered;
    if (count > 0) tell(count);
  };
  return {
    view: {
      get received() {
        return counts.received;
      },
      get delivered() {
        return counts.delivered;
      },
      rejected,
      dropped: {},
      inFlight: 0,
      inFlightBytes: 0,
    },
    note(isRead) {
      counts.received += 1;
      if (isRead) counts.delivered += 1;
      else rejected['unreadable'] = (rejected['unreadable'] ?? 0) + 1;
      turn ??= setImmediate(flush);
    },
    flush,
  };
}
