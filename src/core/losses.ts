import type { SayOf } from './facts.ts';
import type { Reasons, StageCounters } from './types.ts';

/**
 * Tells what the stages have rejected and dropped since it was last called: one fact for each stage and reason,
 * however many records.
 */
export function lossTeller(sayOf: SayOf): (stages: readonly StageCounters[]) => void {
  let told = new Map<string, StageCounters>();
  return (stages) => {
    for (const stage of stages)
      for (const type of ['rejected', 'dropped'] as const)
        for (const [reason, count] of grown(told.get(stage.name)?.[type], stage[type]))
          sayOf(stage.name)({ type, reason, count });
    told = new Map(stages.map((stage) => [stage.name, stage]));
  };
}

const grown = (before: Reasons = {}, now: Reasons): readonly (readonly [string, number])[] =>
  Object.entries(now)
    .map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const)
    .filter(([, count]) => count > 0);
