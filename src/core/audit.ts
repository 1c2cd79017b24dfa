import type { Reasons, StageCounters } from './types.ts';

/** Where the books do not balance. */
export interface Imbalance {
  /** A stage, or two that follow one another: `dockerEvents → flattenEvent`. */
  readonly where: string;
  /** Records that came in and that nobody accounts for; below 0, that are accounted for and never came in. */
  readonly missing: number;
}

/**
 * Checks every stage, and that what a stage delivered is what the next one received. Nothing is found where all is
 * accounted for. A stage that is not `exact` always balances: there only its neighbours are checked.
 *
 * @example
 * const run = runPipeline(pipeline('events', dockerEvents(), console()));
 * const { stages } = await run.done;
 * for (const { where, missing } of audit(stages)) process.stderr.write(`${where}: ${missing} missing\n`);
 */
export function audit(stages: readonly StageCounters[]): readonly Imbalance[] {
  return [
    ...stages.map((stage) => ({ where: stage.name, missing: balanceOf(stage) })),
    ...edgesOf(stages),
  ].filter(({ missing }) => missing !== 0);
}

/** What came into a stage, less what became of it. */
export function balanceOf(stage: StageCounters): number {
  const { received, added, delivered, filtered, deduplicated, aggregated, rejected, dropped, inFlight } =
    stage;
  const accounted =
    delivered + filtered + deduplicated + aggregated + total(rejected) + total(dropped) + inFlight;
  return received + added - accounted;
}

function edgesOf(stages: readonly StageCounters[]): readonly Imbalance[] {
  const of = (kind: StageCounters['kind']): readonly StageCounters[] =>
    stages.filter((stage) => stage.kind === kind);
  const sources = of('source');
  let before = {
    names: sources.map(({ name }) => name).join(', '),
    delivered: sources.reduce((sum, { delivered }) => sum + delivered, 0),
  };
  const edge = ({ name, received }: StageCounters): Imbalance => ({
    where: `${before.names} → ${name}`,
    missing: before.delivered - received,
  });
  const edges = of('operator').map((operator) => {
    const found = edge(operator);
    before = { names: operator.name, delivered: operator.delivered };
    return found;
  });
  return [...edges, ...of('sink').map(edge)];
}

const total = (reasons: Reasons): number => Object.values(reasons).reduce((sum, count) => sum + count, 0);
