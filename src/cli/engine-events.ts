import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PipelineError } from '../core/errors.ts';
import { grouped } from './figures.ts';

/** A source that receives every event of the engine. */
export interface EventReader {
  readonly name: string;
  /** Resolves when it is connected. */
  readonly connected: Promise<void>;
  /** Events received so far, each once. */
  readonly received: () => number;
}

export interface EventComparison {
  /** Called when the sources are to stop; resolves when they have had time to receive what was published until then. */
  readonly end: () => Promise<void>;
  /** What speaks against the sources, or why they could not be compared; nothing when they have received all. */
  readonly findings: () => readonly string[];
}

interface Published {
  readonly events: number;
  /** Tells one life of the daemon from the next, in which it counts anew. */
  readonly startedAt: number;
}

const TIMEOUT_MS = 5_000;
/** An engine is quiet when it publishes nothing for a moment; one that never is may hide what it published meanwhile. */
const QUIET_TRIES = 20;
const QUIET_EVERY_MS = 100;
/** What was published is in our hands soon, or never. */
const ARRIVAL_MS = 2_000;
const ARRIVAL_EVERY_MS = 20;

/** Reads the engine's own count of the events it published. Errors `CONFIG_INVALID` when it cannot be read. */
export async function readPublished(url: string): Promise<Published> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    const text = await answer.text();
    const metric = (name: string): number => {
      const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
      if (value === undefined) throw new Error(`it has no ${name}`);
      return Number(value);
    };
    return { events: metric('engine_daemon_events_total'), startedAt: metric('process_start_time_seconds') };
  } catch (error) {
    const { cause } = error as Error;
    const why = messageOf(cause instanceof Error ? cause : error);
    throw new PipelineError(
      'CONFIG_INVALID',
      `cannot read the engine's metrics at ${url} (${why}): dockerd serves them where its metrics-addr says`,
      { cause: error },
    );
  }
}

/**
 * Compares what sources receive with what the engine says it published, from when all are connected until the end.
 * Exact when the engine is quiet for a moment at the beginning. Calls `began` when that is over.
 */
export function compareEvents(
  url: string,
  readers: readonly EventReader[],
  began: () => void,
): EventComparison {
  const counts = (): readonly number[] => readers.map(({ received }) => received());
  const begin = async (): Promise<{ published: Published; received: readonly number[] }> => {
    await Promise.all(readers.map(({ connected }) => connected));
    for (let tries = 1; ; tries += 1) {
      const received = counts();
      const published = await readPublished(url);
      await sleep(QUIET_EVERY_MS);
      const isQuiet =
        (await readPublished(url)).events === published.events && String(counts()) === String(received);
      if (isQuiet || tries === QUIET_TRIES) return { published, received };
    }
  };
  let base: Awaited<ReturnType<typeof begin>> | undefined;
  let why = 'the run was stopped before its sources were connected';
  let findings = [notCompared('the sources ended by themselves')];
  begin().then(
    (beginning) => {
      base = beginning;
      began();
    },
    (error: unknown) => (why = messageOf(error)),
  );

  const compare = async (): Promise<string[]> => {
    if (base === undefined) return [notCompared(why)];
    const { published, received } = base;
    const now = await readPublished(url);
    if (now.startedAt !== published.startedAt) return [notCompared('it was started anew, and counts anew')];
    const expected = now.events - published.events;
    const missing = (): readonly number[] => counts().map((count, i) => expected - (count - received[i]!));
    for (let waitedMs = 0; waitedMs < ARRIVAL_MS && Math.max(...missing()) > 0; waitedMs += ARRIVAL_EVERY_MS)
      await sleep(ARRIVAL_EVERY_MS);
    return missing().flatMap((count, i) =>
      count > 0
        ? [
            `${readers[i]!.name}: ${grouped(count)} of the ${grouped(expected)} events that the engine published are missing`,
          ]
        : [],
    );
  };
  return {
    end: async () => {
      findings = await compare().catch((error: unknown) => [notCompared(messageOf(error))]);
    },
    findings: () => findings,
  };
}

const notCompared = (why: string): string => `the sources could not be compared with the engine: ${why}`;
