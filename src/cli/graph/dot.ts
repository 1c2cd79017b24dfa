import { edgesOf, hasOpaque, idOf, OPAQUE } from './model.ts';
import type { GraphStage, PipelineGraph } from './model.ts';

/** The graphs in Graphviz's language, a cluster each. */
export function dot(graphs: readonly PipelineGraph[]): string {
  const clusters = graphs.map((graph, nth) => [
    `  subgraph cluster_${nth} {`,
    `    label=${quoted(graph.name)};`,
    ...graph.steps.flatMap((stages, step) =>
      stages.map((stage, row) => `    ${idOf(nth, [step, row])} [${attributes(stage)}];`),
    ),
    ...edgesOf(graph).map(([from, to]) => `    ${idOf(nth, from)} -> ${idOf(nth, to)};`),
    '  }',
  ]);
  return `${[
    'digraph dockrx {',
    '  rankdir=LR;',
    '  graph [fontname="sans-serif", color="#94a3af"];',
    '  node [fontname="sans-serif", shape=box, style=rounded, color="#0f6e84"];',
    '  edge [color="#5c6b78"];',
    ...(hasOpaque(graphs) ? [`  // ${OPAQUE}`] : []),
    // What does not hang together is drawn from below.
    ...clusters.reverse().flat(),
    '}',
  ].join('\n')}\n`;
}

function attributes({ kind, name, opaque, journal }: GraphStage): string {
  const label = journal === undefined ? name : `${name}\n${journal}`;
  const shape = journal === undefined ? (kind === 'sink' ? 'shape=note' : '') : 'shape=cylinder';
  const style = opaque ? 'style="rounded,dashed"' : '';
  return [`label=${quoted(label)}`, shape, style].filter((part) => part !== '').join(', ');
}

/** Graphviz reads backslashes and HTML's entities in a text. */
const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, '\\$&').replaceAll('&', '&amp;').replaceAll('\n', '\\n')}"`;
