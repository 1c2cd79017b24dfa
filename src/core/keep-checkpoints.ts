import type { Checkpoints } from './checkpoints.ts';
import { messageOf } from './errors.ts';
import type { FactOf } from './facts.ts';

export interface CheckpointKeeper {
  /** Takes no more of them. */
  readonly stop: () => void;
  /** Takes the last one, of this moment; resolves when it has been kept, or could not be. */
  readonly last: () => Promise<void>;
}

/** After the start a source comes to have a place, and until that is kept a crash would let it begin anew. */
const FIRST_MS = 20;

/**
 * Takes a checkpoint every so often, in shorter steps at first, and none before the one before has been kept. Says when
 * they cannot be.
 */
export function keepCheckpoints(
  take: Checkpoints['take'],
  everyMs: number,
  say: (fact: FactOf<'notice'>) => void,
): CheckpointKeeper {
  let failing = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const tell = (message: string): void => say({ type: 'notice', message });
  const attempt = async (): Promise<void> => {
    try {
      await take();
      if (failing) tell('checkpoints are kept again');
      failing = false;
    } catch (error) {
      if (!failing) tell(`the checkpoint could not be kept, the one before stands: ${messageOf(error)}`);
      failing = true;
    }
  };
  const next = (delayMs: number): void => {
    const goOn = (): void => {
      if (!stopped) next(Math.min(2 * delayMs, everyMs));
    };
    timer = setTimeout(() => void attempt().then(goOn), delayMs);
  };
  const stop = (): void => {
    stopped = true;
    clearTimeout(timer);
  };
  next(Math.min(FIRST_MS, everyMs));
  return {
    stop,
    last: () => {
      stop();
      return attempt();
    },
  };
}
