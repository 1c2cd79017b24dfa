import { traitsOf } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { onFact } from '../core/facts.ts';
import type { Run } from '../core/run.ts';
import type { Pipeline, Source } from '../core/types.ts';
import { compareEvents, readPublished } from './engine-events.ts';
import type { EventComparison, EventReader } from './engine-events.ts';
import type { Log } from './log.ts';

/** Compares the sources of runs with the engine they read. */
export interface EngineAudit {
  /** For the runs: follows the stop it was made with, once what was published until then has had time to arrive. */
  readonly stop: AbortSignal;
  readonly begin: (runs: readonly Run[]) => void;
  /** What was found, when the runs are over. */
  readonly findings: () => readonly string[];
}

/**
 * Errors `CONFIG_INVALID` when the metrics cannot be read, or no pipeline has a source that receives every event. Without
 * an address nothing is compared, and nothing found.
 */
export async function engineAudit(
  url: string | undefined,
  pipelines: readonly Pipeline[],
  stop: AbortSignal,
  log: Log,
): Promise<EngineAudit> {
  if (url === undefined) return { stop, begin: () => undefined, findings: () => [] };
  if (!pipelines.some(({ sources }) => sources.some(receivesAll)))
    throw new PipelineError(
      'CONFIG_INVALID',
      '--engine-metrics: no pipeline has a source that receives every event: dockerEvents() without filters',
    );
  await readPublished(url);
  const began = (): void => log.info(`compares the events from now on with those that ${url} counts`);
  let comparison: EventComparison | undefined;
  const behind = new AbortController();
  const follow = async (): Promise<void> => {
    await comparison?.end();
    behind.abort();
  };
  if (stop.aborted) behind.abort();
  else stop.addEventListener('abort', () => void follow(), { once: true });
  return {
    stop: behind.signal,
    begin: (runs) => (comparison = compareEvents(url, eventReaders(pipelines, runs), began)),
    findings: () => comparison?.findings() ?? [],
  };
}

const receivesAll = (source: Source<unknown>): boolean => traitsOf(source).receivesAll === true;

/** The sources of runs, just begun, that receive every event. */
function eventReaders(pipelines: readonly Pipeline[], runs: readonly Run[]): readonly EventReader[] {
  return pipelines.flatMap(({ name: pipeline, sources }, i) =>
    sources.flatMap((source, nth) => {
      if (!receivesAll(source)) return [];
      const stage = () => runs[i]!.stages()[nth]!;
      return [
        {
          name: `${pipeline} ${stage().name}`,
          connected: connectionOf(pipeline, stage().name),
          received: () => {
            const { received, deduplicated, filtered } = stage();
            return received - deduplicated - filtered;
          },
        },
      ];
    }),
  );
}

function connectionOf(pipeline: string, stage: string): Promise<void> {
  return new Promise((resolve) => {
    const deafen = onFact((fact) => {
      if (fact.type !== 'connected' || fact.pipeline !== pipeline || fact.stage !== stage) return;
      deafen();
      resolve();
    });
  });
}
