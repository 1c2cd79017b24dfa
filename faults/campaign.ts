import { kindOf, planOf, type Kind, type Plan } from './plan.ts';
import type { Pool } from './pool.ts';
import type { Outcome } from './run.ts';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly runs: number;
  readonly only: Kind | undefined;
  /** without it seeds with a small disk are left out */
  readonly mayMount: boolean;
  readonly deadlineMs: number;
}

/** What came of all runs so far. */
export interface Tally {
  runs: number;
  published: number;
  gaps: number;
  failed: number;
}

/** Carries out one seed after the other, as many at a time as the pool has processes, until enough or too late. */
export async function campaign(
  pool: Pool,
  { firstSeed, runs, only, mayMount, deadlineMs }: CampaignOptions,
  heard: (outcome: Outcome, tally: Tally) => void,
): Promise<Tally> {
  const tally: Tally = { runs: 0, published: 0, gaps: 0, failed: 0 };
  let seed = firstSeed;
  let begun = 0;
  const isWanted = (candidate: number): boolean => only === undefined || kindOf(candidate) === only;
  const nextPlan = (): Plan => {
    for (;;) {
      const candidate = seed++;
      if (!isWanted(candidate)) continue;
      const plan = planOf(candidate);
      if (mayMount || !plan.sinks.includes('disk')) return plan;
    }
  };
  const work = async (): Promise<void> => {
    while (begun < runs && performance.now() < deadlineMs) {
      begun += 1;
      const outcome = await pool.carryOut(nextPlan());
      tally.runs += 1;
      tally.published += outcome.published;
      tally.gaps += outcome.gaps;
      if (outcome.violations.length > 0) tally.failed += 1;
      heard(outcome, tally);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  return tally;
}
