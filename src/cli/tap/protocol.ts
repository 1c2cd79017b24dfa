import type { StageKind } from '../../core/types.ts';

/** What `/pipelines` answers. */
export interface ProcessView {
  readonly pid: number;
  readonly pipelines: readonly PipelineView[];
}

export interface PipelineView {
  readonly name: string;
  /** In the order of the flow: a number counts from 1 here. */
  readonly stages: readonly { readonly kind: StageKind; readonly name: string }[];
}

/** Records that a tap was not shown, since it was last told. */
export interface Skipped {
  /** More matched a second than it asked for. */
  readonly rate: number;
  /** It does not read as fast as it asked for. */
  readonly behind: number;
  /** They have no JSON text. */
  readonly unreadable: number;
}

/** A line of the answer to `/tap`. */
export type TapFrame =
  | { readonly record: unknown }
  | { readonly skipped: Skipped }
  /** The file was changed and runs anew: the records that follow are of the new one. */
  | { readonly reloaded: true }
  /** The last one: why there are no more. */
  | { readonly end: string };

/** How a line with a record begins: what follows is its text, and a bracket. */
export const RECORD_PREFIX = '{"record":';
