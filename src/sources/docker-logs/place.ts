import type { Cursor } from '../../core/define-source.ts';
import type { Json } from '../../core/types.ts';
import { checkedPlace } from './kept-place.ts';
import { shortOf } from './log-state.ts';
import type { LogState } from './log-state.ts';

/** How far a source has come. Outside of any subscription: subscribing again reads on from here. */
export interface LogsPlace {
  readonly cursor: Cursor;
  /** Lines before are none of ours: RFC 3339, UTC. Undefined before the first connect. */
  from: string | undefined;
  /** By id. */
  readonly logs: Map<string, LogState>;
}

export function logsPlace(): LogsPlace {
  const place: LogsPlace = {
    cursor: {
      read: () =>
        place.from === undefined
          ? undefined
          : {
              from: place.from,
              logs: Object.fromEntries([...place.logs].map(([id, state]) => [id, keptState(state)])),
            },
      restore(kept) {
        const { from, logs } = checkedPlace(kept);
        place.from = from;
        place.logs.clear();
        for (const [id, state] of logs) place.logs.set(id, state);
      },
    },
    from: undefined,
    logs: new Map(),
  };
  return place;
}

const keptState = ({ name, run, isRead, marks }: LogState): Json => ({
  name,
  run,
  ...(isRead && { read: true }),
  ...Object.fromEntries(
    Object.entries(marks).map(([stream, mark]) => [stream, { ...mark, text: shortOf(mark.text) }]),
  ),
});
