import { readCatalogue } from './catalogue.ts';

const TITLES = { source: 'Sources', operator: 'Operators', sink: 'Sinks' } as const;

/** What `pipeline list` prints: a line a component. */
export function listComponents(): string {
  const entries = readCatalogue();
  const width = Math.max(...entries.map(({ name }) => name.length));
  return (['source', 'operator', 'sink'] as const)
    .map((kind) => {
      const lines = entries
        .filter((entry) => entry.kind === kind)
        .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`);
      return `${TITLES[kind]}\n${lines.join('')}`;
    })
    .join('\n');
}
