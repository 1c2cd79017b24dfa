import type { ContainerRow } from '../../overview/rows.ts';

/** A container as the table shows it. */
export interface Row extends ContainerRow {
  /** Bytes; the host's memory where it has no limit of its own. */
  readonly memoryLimit: number | undefined;
  readonly isLimited: boolean;
}
