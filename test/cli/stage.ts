import type { StageCounters } from '../../src/core/types.ts';

/** The counters of a stage, all zero but for those given. */
export const stage = (kind: StageCounters['kind'], counters: Partial<StageCounters>): StageCounters => ({
  kind,
  name: kind,
  received: 0,
  added: 0,
  delivered: 0,
  filtered: 0,
  deduplicated: 0,
  aggregated: 0,
  rejected: {},
  dropped: {},
  inFlight: 0,
  exact: true,
  retries: 0,
  targets: [],
  ...counters,
});
