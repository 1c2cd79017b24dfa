import type { ContainerStats } from './container-stats.ts';

/** A reading with what follows from it and from the one before. */
export interface DerivedStats extends ContainerStats {
  readonly derived: Derived;
}

/**
 * Absent is unknown. The five rates need a reading before this one: the first of a container, and the first after
 * its restart, have none.
 */
export interface Derived {
  /** CPU time over wall-clock time, in per cent: 100 is one CPU fully used. */
  readonly cpuPercent?: number;
  /** Memory in use, as `docker stats` shows it: without the page cache that can be dropped at once. */
  readonly memoryBytes?: number;
  /** Of the limit; of the host's memory where the container has no limit. */
  readonly memoryPercent?: number;
  /** Over all interfaces. */
  readonly networkRxBytesPerSecond?: number;
  readonly networkTxBytesPerSecond?: number;
  /** Over all block devices; one stacked on another counts twice. */
  readonly blockReadBytesPerSecond?: number;
  readonly blockWriteBytesPerSecond?: number;
  /** Tasks. */
  readonly pids?: number;
}
