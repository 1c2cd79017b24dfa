/** Something is missing here: where in the stream, and what is known of it. Flows like any record. */
export interface Gap {
  readonly kind: 'gap';
  readonly type: 'gap';
  /** Whose records are missing. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  /** Of which container alone records are missing; absent where it may be any. */
  readonly container?: { readonly id: string; readonly name: string };
  /** When it was noticed: RFC 3339, UTC. */
  readonly time: string;
  /** Up to when surely nothing is missing, and the first that was seen behind: RFC 3339, UTC. */
  readonly fromTime: string;
  readonly toTime: string;
  /**
   * `history-overrun`: more happened than the engine keeps. `engine-restarted`: it keeps nothing from before.
   * `log-cut`: the engine no longer has what followed the last line of a container's log that was read.
   * `container-removed`: with a log that had not been read to its end.
   */
  readonly reason: string;
  /** So many records are missing at least: 0 where nothing is known. */
  readonly atLeast: number;
}
