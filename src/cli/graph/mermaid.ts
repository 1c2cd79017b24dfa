import { edgesOf, hasOpaque, idOf, OPAQUE } from './model.ts';
import type { GraphStage, PipelineGraph } from './model.ts';

/** The graphs as a Mermaid flowchart, a subgraph each. */
export function mermaid(graphs: readonly PipelineGraph[]): string {
  const subgraphs = graphs.map((graph, nth) => [
    `  subgraph p${nth}["${escape(graph.name)}"]`,
    '    direction LR',
    ...graph.steps.flatMap((stages, step) =>
      stages.map(
        (stage, row) => `    ${idOf(nth, [step, row])}${shape(stage)}${stage.opaque ? ':::opaque' : ''}`,
      ),
    ),
    ...edgesOf(graph).map(([from, to]) => `    ${idOf(nth, from)} --> ${idOf(nth, to)}`),
    '  end',
  ]);
  const legend = hasOpaque(graphs) ? [`  %% ${OPAQUE}`, '  classDef opaque stroke-dasharray: 4 3'] : [];
  // What does not hang together is drawn from below.
  return `${['flowchart LR', ...subgraphs.reverse().flat(), ...legend].join('\n')}\n`;
}

function shape({ kind, name, journal }: GraphStage): string {
  const label = `"${escape(name)}${journal === undefined ? '' : `<br>${escape(journal)}`}"`;
  if (journal !== undefined) return `[(${label})]`;
  return kind === 'source' ? `([${label}])` : kind === 'sink' ? `[[${label}]]` : `[${label}]`;
}

/** Mermaid reads quotes, HTML, Markdown and entities in a label: all but plain text goes as numbers. */
const escape = (text: string): string =>
  text.replace(/[^\p{L}\p{N}\p{M}\p{So} .,/()-]/gu, (char) => `#${char.codePointAt(0)!};`);
