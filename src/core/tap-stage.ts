import type { Books } from './books.ts';
import { PipelineError } from './errors.ts';
import type { Look, Tapped } from './looks.ts';

/**
 * Shows every record from now on that comes out of a source or operator, or is handed to a sink; without a stage what
 * all sinks are handed. A stage is named as in the counters, or by its number there, from 1. Returns the end.
 * Errors `CONFIG_INVALID` where there is no such stage.
 */
export function tapStage(books: Books, look: Look, stage?: string): () => void {
  const { place, ended } = placeOf(books, stage);
  const own: Look = (record) => {
    if (!ended()) look(record);
  };
  place.looks = [...(place.looks ?? []), own];
  return () => {
    const left = place.looks?.filter((other) => other !== own) ?? [];
    place.looks = left.length === 0 ? undefined : left;
  };
}

interface Place {
  readonly place: Tapped;
  /** A sink that has ended is handed nothing. */
  readonly ended: () => boolean;
}

const never = (): boolean => false;

function placeOf({ pipeline, sources, operators, sinks, handed }: Books, stage: string | undefined): Place {
  if (stage === undefined) return { place: handed, ended: never };
  const stages = [...sources, ...operators, ...sinks];
  const found =
    stages.find(({ name }) => name === stage) ??
    (/^\d+$/.test(stage) ? stages[Number(stage) - 1] : undefined);
  if (found === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `pipeline ${pipeline} has no stage '${stage}': there are ${stages.map(({ name }, i) => `${i + 1} ${name}`).join(', ')}`,
    );
  return 'looks' in found
    ? { place: found, ended: never }
    : { place: handed, ended: () => found.end !== undefined };
}
