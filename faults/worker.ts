// Carries out the plans its parent sends, one after the other, each in a folder of its own.
import { messageOf } from '../src/core/errors.ts';
import type { Plan } from './plan.ts';
import { carryOut } from './run.ts';
import type { Outcome } from './run.ts';

export interface Task {
  readonly plan: Plan;
  readonly folder: string;
}

process.on('message', ({ plan, folder }: Task) => {
  const nothing = { seed: plan.seed, published: 0, delivered: 0, gaps: 0 };
  carryOut(plan, folder).then(
    (outcome) => process.send!(outcome satisfies Outcome),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
      process.send!({ ...nothing, violations: [`the run broke off: ${text}`] } satisfies Outcome);
    },
  );
});
process.once('disconnect', () => process.exit());
