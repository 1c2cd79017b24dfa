import type { Books } from '../../core/books.ts';
import { readBooks } from '../../core/read-books.ts';
import type { Reasons } from '../../core/types.ts';
import type { PagePipelines, PageStage } from '../../records/page-state.ts';

/** The books of all pipelines, as the page shows them. */
export function pipelinesOf(runs: Iterable<Books>, nowMs: number, atMs: number): PagePipelines {
  return {
    atMs,
    pipelines: [...runs].map((books) => ({
      name: books.pipeline,
      state: books.state,
      stages: stagesOf(books, nowMs),
    })),
  };
}

function stagesOf(books: Books, nowMs: number): readonly PageStage[] {
  return readBooks(books).map(({ kind, name, received, delivered, inFlight, retries, targets, ...more }) => ({
    ...{ kind, name, received, delivered, inFlight, retries, targets },
    dropped: total(more.dropped),
    rejected: total(more.rejected),
    ...(kind === 'source' && sourcePart(books, name, nowMs)),
    ...(kind === 'sink' && sinkPart(books, name)),
  }));
}

function sourcePart(
  { sources }: Books,
  name: string,
  nowMs: number,
): Pick<PageStage, 'connected' | 'newestSeconds' | 'gaps'> {
  const source = sources.find((one) => one.name === name)!;
  const { tells, connects, away, ended, newestTime, gaps } = source;
  return {
    ...(tells && { connected: connects > 0 && !away && !ended }),
    ...(newestTime !== undefined && { newestSeconds: Math.max(0, nowMs - Date.parse(newestTime)) / 1_000 }),
    gaps: [...gaps.values()].reduce((sum, { count }) => sum + count, 0),
  };
}

function sinkPart({ sinks }: Books, name: string): Pick<PageStage, 'stalled' | 'lagSeconds'> {
  const { stalled, lagSeconds } = sinks.find((one) => one.name === name)!;
  return { stalled, lagSeconds };
}

const total = (reasons: Reasons): number => Object.values(reasons).reduce((sum, count) => sum + count, 0);
