import type { Books } from './books.ts';
import { shared } from './shared.ts';

/**
 * The books of the runs that share a process, by pipeline; also of those that are over, until a pipeline of the same
 * name is run. Empty outside of a run.
 */
export const booksOfRuns = (): ReadonlyMap<string, Books> => runs();

/** Shows the books of a run that begins to all who share its process. */
export function showBooks(books: Books): void {
  runs().set(books.pipeline, books);
}

const runs = (): Map<string, Books> => shared('core: books', () => new Map<string, Books>());
