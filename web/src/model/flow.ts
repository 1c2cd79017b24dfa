import type { PagePipelines, PageStage } from '../../../src/records/page-state.ts';

export interface FlowStage extends PageStage {
  /** Records a second, between the last two answers. */
  readonly perSecond: number | undefined;
}

export interface Flow {
  readonly name: string;
  readonly state: string;
  readonly sources: readonly FlowStage[];
  readonly operators: readonly FlowStage[];
  readonly sinks: readonly FlowStage[];
}

/** The pipelines with the rates since the answer before. */
export function flowsOf(now: PagePipelines, before: PagePipelines | undefined): readonly Flow[] {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1_000;
  return now.pipelines.map(({ name, state, stages }) => {
    const earlier = before?.pipelines.find((one) => one.name === name)?.stages;
    const rated = stages.map((stage, i): FlowStage => {
      const passed = stage.delivered - (earlier?.[i]?.delivered ?? NaN);
      // Fewer than before: the program was started again.
      const perSecond = seconds > 0 && passed >= 0 ? passed / seconds : undefined;
      return { ...stage, perSecond };
    });
    const of = (kind: PageStage['kind']): readonly FlowStage[] =>
      rated.filter((stage) => stage.kind === kind);
    return { name, state, sources: of('source'), operators: of('operator'), sinks: of('sink') };
  });
}

/** What asks for attention, over all pipelines. */
export function lossesOf(pipelines: PagePipelines | undefined): {
  dropped: number;
  rejected: number;
  gaps: number;
} {
  const stages = pipelines?.pipelines.flatMap((one) => one.stages) ?? [];
  const sum = (of: (stage: PageStage) => number): number =>
    stages.reduce((total, stage) => total + of(stage), 0);
  return {
    dropped: sum(({ dropped }) => dropped),
    rejected: sum(({ rejected }) => rejected),
    gaps: sum(({ gaps = 0 }) => gaps),
  };
}
