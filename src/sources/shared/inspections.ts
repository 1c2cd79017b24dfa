import { PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import { isGone } from './answers.ts';
import { slots } from './slots.ts';
import { within } from './within.ts';

/** What asking the engine about a container came to. */
export interface Hear {
  readonly answer: (body: unknown) => void;
  readonly gone: (id: string) => void;
  readonly failed: (error: PipelineError, id: string) => void;
}

export interface Inspections {
  /** Asks about a container; once more afterwards where it is being asked about already. */
  readonly ask: (id: string) => void;
  readonly clear: () => void;
}

const INSPECTED_AT_ONCE = 16;
const INSPECT_MS = 10_000;
/** To add up the files of a layer takes as long as there are files. */
const MEASURE_MS = 45_000;

/**
 * Inspects containers, a few at a time, each by one request at a time: many changes of one that come together cost two
 * requests, and the last answer is the newest. With `size` the engine measures its layer: one container after the other.
 */
export function inspections(
  connection: EngineConnection,
  signal: AbortSignal,
  hear: Hear,
  { size }: { readonly size: boolean },
): Inspections {
  const [atOnce, withinMs, query] = size
    ? [1, MEASURE_MS, { size: true }]
    : [INSPECTED_AT_ONCE, INSPECT_MS, {}];
  const asked = new Set<string>();
  const again = new Set<string>();
  const requests = slots(atOnce, withinMs);

  const inspect = async (id: string): Promise<void> => {
    try {
      const body = await within(withinMs, signal, (limited) => connection.inspect(id, limited, query));
      if (!signal.aborted) hear.answer(body);
    } catch (error) {
      if (signal.aborted) return;
      if (isGone(error)) hear.gone(id);
      else hear.failed(error as PipelineError, id);
    } finally {
      asked.delete(id);
      if (again.delete(id)) ask(id);
    }
  };
  const ask = (id: string): void => {
    if (asked.has(id)) {
      again.add(id);
      return;
    }
    asked.add(id);
    requests.start(() => inspect(id));
  };
  return { ask, clear: () => requests.clear() };
}
