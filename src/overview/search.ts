import type { ContainerRow } from './rows.ts';

/** The words of what somebody looks for, in lower case. */
export const wordsIn = (text: string): readonly string[] => text.toLowerCase().split(/\s+/).filter(Boolean);

/** Rows that have every word: in name, image, project, service, state, health, or at the beginning of the id. */
export function searchRows<R extends ContainerRow>(rows: readonly R[], text: string): readonly R[] {
  const words = wordsIn(text);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = [row.name, row.image, row.project, row.service, row.state, row.health]
      .join('\n')
      .toLowerCase();
    return words.every((word) => all.includes(word) || row.id.startsWith(word));
  });
}
