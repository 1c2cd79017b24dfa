import type { Checkpoints } from './checkpoints.ts';
import { messageOf } from './errors.ts';
import type { FactOf } from './facts.ts';

export interface CheckpointKeeper {
  /** Takes no more of them. */
  readonly stop: () => void;
  /** Takes the last one, of this moment; resolves when it has been kept, or could not be. */
  readonly last: () => Promise<void>;
}

/** Takes a checkpoint every so often, the next one not before the last has been kept. Says when they cannot be. */
export function keepCheckpoints(
  take: Checkpoints['take'],
  everyMs: number,
  say: (fact: FactOf<'notice'>) => void,
): CheckpointKeeper {
  let taking = false;
  let failing = false;
  const tell = (message: string): void => say({ type: 'notice', message });
  const attempt = async (): Promise<void> => {
    taking = true;
    try {
      await take();
      if (failing) tell('checkpoints are kept again');
      failing = false;
    } catch (error) {
      if (!failing) tell(`the checkpoint could not be kept, the one before stands: ${messageOf(error)}`);
      failing = true;
    }
    taking = false;
  };
  const timer = setInterval(() => {
    if (!taking) void attempt();
  }, everyMs);
  const stop = (): void => clearInterval(timer);
  return {
    stop,
    last: () => {
      stop();
      return attempt();
    },
  };
}
