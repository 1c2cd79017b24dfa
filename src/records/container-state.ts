import { requireObject } from './check.ts';
import type { Loose } from './check.ts';
import { nanoDigitsOf } from './rfc3339.ts';

/** Whether its main process is there: `down` is everything from created to exited, a wait for its restart too. */
export type Phase = 'up' | 'paused' | 'down';

/** What an engine says of one container, as far as its life goes. Times are nanoseconds since the epoch, in digits. */
export interface ContainerState {
  readonly phase: Phase;
  readonly createdNano: string | undefined;
  /** Of the last run. */
  readonly startedNano: string | undefined;
  /** Of the last run that ended, which may be one before the run under way. */
  readonly finishedNano: string | undefined;
  /** Of the last run while `phase` is `down`; without meaning before. */
  readonly exitCode: number;
  /** In Docker true as soon as any process of the container was killed so. */
  readonly oomKilled: boolean;
}

/** Of a `GET /containers/{id}/json` answer. Throws a TypeError when it is none. Truth: Docker Engine API; moby container/state. */
export function containerStateIn(answer: unknown): ContainerState {
  const { Created, State } = requireObject(answer, '');
  const state = requireObject(State, 'State');
  return {
    phase: phaseOf(state),
    createdNano: nanoDigitsOf(Created),
    startedNano: nanoDigitsOf(state['StartedAt']),
    finishedNano: nanoDigitsOf(state['FinishedAt']),
    exitCode: typeof state['ExitCode'] === 'number' ? state['ExitCode'] : 0,
    oomKilled: state['OOMKilled'] === true,
  };
}

/** Docker calls a container running that waits for its restart. */
function phaseOf(state: Loose): Phase {
  if (state['Running'] !== true || state['Restarting'] === true) return 'down';
  return state['Paused'] === true ? 'paused' : 'up';
}
