import { openBooks } from '../../core/books.ts';
import { traitsOf } from '../../core/define-source.ts';
import type { Pipeline, StageKind } from '../../core/types.ts';

/** A stage of a pipeline, as it is drawn. */
export interface GraphStage {
  readonly kind: StageKind;
  /** As in counters, logs and metrics; printable. */
  readonly name: string;
  /** What is inside is not seen: an operator of RxJS, several composed by its `pipe`, a branch, an Observable. */
  readonly opaque: boolean;
  /** The folder of a source's journal. */
  readonly journal?: string;
}

/** A pipeline, as it is drawn: each stage of a step hands its records to each of the next. */
export interface PipelineGraph {
  readonly name: string;
  readonly steps: readonly (readonly GraphStage[])[];
}

/** The graph of a pipeline; nothing is opened. */
export function graphOf(pipeline: Pipeline): PipelineGraph {
  const books = openBooks(pipeline);
  const sources = books.sources.map(({ name, tells }, i): GraphStage => {
    const { journal } = traitsOf(pipeline.sources[i]!);
    const kept = journal === undefined ? {} : { journal: printable(journal) };
    return { kind: 'source', name: printable(name), opaque: !tells, ...kept };
  });
  const operators = books.operators.map(({ name, exact }): readonly GraphStage[] => [
    { kind: 'operator', name: printable(name), opaque: !exact },
  ]);
  const sinks = books.sinks.map(({ name, exact }): GraphStage => ({
    kind: 'sink',
    name: printable(name),
    opaque: !exact,
  }));
  return { name: printable(pipeline.name), steps: [sources, ...operators, sinks] };
}

/** What is said where a stage is opaque. */
export const OPAQUE = 'dashed: seen as one stage, whatever it is made of';

/** A name for the stage of a graph at a step and row that no other stage has, and no word of a language is. */
export const idOf = (graph: number, [step, row]: readonly [number, number]): string =>
  `p${graph}s${step}r${row}`;

/** An edge, by the places of its ends: step and row. */
export type Edge = readonly [from: readonly [number, number], to: readonly [number, number]];

export const edgesOf = ({ steps }: PipelineGraph): readonly Edge[] =>
  steps.slice(1).flatMap((next, step) =>
    steps[step]!.flatMap((_, from) =>
      next.map((__, to): Edge => [
        [step, from],
        [step + 1, to],
      ]),
    ),
  );

export const hasOpaque = (graphs: readonly PipelineGraph[]): boolean =>
  graphs.some(({ steps }) => steps.flat().some(({ opaque }) => opaque));

/** No format can hold control characters, halves of characters, and marks that turn the direction of text. */
const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, '\ufffd');
