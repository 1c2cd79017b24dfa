import type { ContainerInfo } from './container-stats.ts';

/** One line that a container wrote: `GET /containers/{id}/logs` of the Docker Engine API. */
export interface LogLine {
  readonly kind: 'log-line';
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  /** When the engine read it, as it wrote it: RFC 3339, UTC, nine digits of fraction. Of a line in several pieces: the first's. */
  readonly time: string;
  readonly container: ContainerInfo;
  /** A container with a terminal has `stdout` only. */
  readonly stream: 'stdout' | 'stderr';
  /** Without its newline. What is no UTF-8 is replaced by U+FFFD. */
  readonly text: string;
  /** Present and true where the container ended, or the log was cut, before the line's newline. */
  readonly unfinished?: true;
  /** How many bytes of it were left out, for it was longer than the source's `maxLineBytes`. */
  readonly truncatedBytes?: number;
}
