import type { Books, SinkBooks, SourceBooks } from './books.ts';

/** What keeps a pipeline from doing its work at the moment, a sentence each; nothing where it does. */
export function hindrances({ state, sources, sinks }: Books): readonly string[] {
  switch (state) {
    case 'completed':
      return [];
    case 'failed':
    case 'overdue':
      return ['it has failed'];
    case 'draining':
    case 'stopped':
      return ['it has been stopped'];
    case 'running':
      return [
        ...sources.filter((source) => !source.ended && !isConnected(source)).map(tellSource),
        ...sinks.flatMap(tellSink),
      ];
  }
}

/** Whether a source is connected; a plain Observable, or one that has only emitted, is taken for connected. */
export function isConnected({ tells, connects, delivered, away, ended }: SourceBooks): boolean {
  return !ended && !away && (!tells || connects > 0 || delivered > 0);
}

/** Whether nothing keeps a pipeline from its work, and every sink has said so; one without a ledger never does. */
export const isAtWork = (books: Books): boolean =>
  books.state === 'running' &&
  books.sinks.every(({ ledgers }) => ledgers.length > 0) &&
  hindrances(books).length === 0;

const tellSource = ({ name }: SourceBooks): string => `${name} is not connected`;

function tellSink({ name, end, opened, ledgers, retryMs, stalled }: SinkBooks): readonly string[] {
  if (end !== undefined) return [];
  if (retryMs > 0) return [`${name} waits to try again`];
  if (opened < ledgers.length) return [`${name} has not opened`];
  return stalled ? [`${name} is stalled`] : [];
}
