import type { Labels } from '../../records/labels.ts';
import { timeOf } from './endings.ts';
import type { Exemplar } from './family.ts';

/** Characters of an exemplar's labels, names and values together, by the OpenMetrics standard. */
const MAX_CHARACTERS = 128;

/** Makes the exemplar of a record: none where it has no labels, or longer ones than the standard admits. */
export function exemplarMaker<T>(
  labelsOf: ((record: T) => Labels | undefined) | undefined,
  print: (labels: Labels) => string,
): (record: T, value: number) => Exemplar | undefined {
  if (labelsOf === undefined) return () => undefined;
  return (record, value) => {
    const labels = labelsOf(record);
    if (labels === undefined || charactersOf(labels) > MAX_CHARACTERS) return undefined;
    const ms = timeOf(record);
    return { labels: print(labels), value, timeMs: Number.isNaN(ms) ? undefined : ms };
  };
}

function charactersOf(labels: Labels): number {
  let count = 0;
  for (const name in labels) count += name.length + String(labels[name]).length;
  return count;
}
