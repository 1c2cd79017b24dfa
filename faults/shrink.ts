import type { Plan, Step } from './plan.ts';

/** A failure that depends on the moment may not come at once. */
const TRIES = 3;

/**
 * Leaves out steps for as long as the plan still fails: first halves, then smaller and smaller parts, at last single
 * ones. Resolves with the smallest plan that failed.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  const stillFails = async (steps: readonly Step[]): Promise<boolean> => {
    for (let tries = 0; tries < TRIES; tries += 1) if (await fails({ ...plan, steps })) return true;
    return false;
  };
  let { steps } = plan;
  for (let size = steps.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < steps.length;) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      if (await stillFails(fewer)) steps = fewer;
      else from += size;
    }
  }
  return { ...plan, steps };
}
