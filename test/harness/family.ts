import type { Daemon } from './daemon.ts';
import type { Namespace } from './namespace.ts';

/** What Docker and Podman do differently. */
export interface EngineFamily {
  /** Starts the server, with these further flags; resolves when it answers on `socketPath`. */
  start(
    space: Namespace,
    dir: string,
    socketPath: string,
    logFile: string,
    flags: readonly string[],
  ): Promise<Daemon>;
  /** Its command line, up to where the engine's address follows. */
  readonly cli: readonly string[];
  /** What to DELETE to remove a container at once. */
  removal(id: string): string;
}
