import type { EngineConnection } from '../../engine/engine.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import type { Gap } from '../../records/gap.ts';
import type { LogLine } from '../../records/log-line.ts';
import type { Line } from './line-joiner.ts';
import { lastOf } from './log-state.ts';
import type { LogState } from './log-state.ts';

/** Makes the records of one engine. */
export interface LogRecords {
  readonly line: (line: Line, container: ContainerInfo) => LogLine;
  /** What may be missing behind the last line that was read. */
  readonly gap: (id: string, state: LogState, reason: Gap['reason'], toTime?: string) => Gap;
}

export function logRecords({ host, simulated }: EngineConnection): LogRecords {
  const marks = { host, ...(simulated && ({ simulated: true } as const)) };
  return {
    line: ({ stream, time, text, isUnfinished, truncatedBytes }, container) => ({
      kind: 'log-line',
      ...marks,
      time,
      container,
      stream,
      text,
      ...(isUnfinished && { unfinished: true }),
      ...(truncatedBytes > 0 && { truncatedBytes }),
    }),
    gap(id, state, reason, toTime) {
      const time = new Date().toISOString();
      return {
        kind: 'gap',
        type: 'gap',
        ...marks,
        container: { id, name: state.name },
        time,
        fromTime: lastOf(state) ?? state.run,
        toTime: toTime ?? time,
        reason,
        atLeast: 0,
      };
    },
  };
}
