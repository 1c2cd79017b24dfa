import { defer, merge } from 'rxjs';
import type { Observable, ObservedValueOf, OperatorFunction as Op } from 'rxjs';
import { shown } from './check-options.ts';
import { PipelineError } from './errors.ts';
import type { Pipeline, Sink, Sinks, Source } from './types.ts';

const pipelines = Symbol.for('dockrx.pipeline');
const parts = Symbol.for('dockrx.parts');

/**
 * Composes stages into a pipeline: a source, up to nine operators (any of RxJS's serves), one or several sinks.
 * Types flow from left to right; a forgotten sink or one for other records does not compile.
 * Nothing opens before the pipeline is run.
 * Errors: `CONFIG_INVALID` for a wrong name or stage, as of every factory for a wrong option: when the file is loaded. What a
 * function given to an operator throws ends the run.
 *
 * @example
 * pipeline(
 *   'deaths',
 *   dockerEvents({ filters: { type: ['container'] } }),
 *   filter((told) => told.kind === 'gap' || told.action === 'die'),
 *   console(),
 * )
 */
export function pipeline<A>(name: string, source: Source<A>, sinks: Sinks<A>): Pipeline;
export function pipeline<A, B>(name: string, source: Source<A>, o1: Op<A, B>, sinks: Sinks<B>): Pipeline;
export function pipeline<A, B, C>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  sinks: Sinks<C>,
): Pipeline;
export function pipeline<A, B, C, D>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  sinks: Sinks<D>,
): Pipeline;
export function pipeline<A, B, C, D, E>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  o4: Op<D, E>,
  sinks: Sinks<E>,
): Pipeline;
export function pipeline<A, B, C, D, E, F>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  o4: Op<D, E>,
  o5: Op<E, F>,
  sinks: Sinks<F>,
): Pipeline;
export function pipeline<A, B, C, D, E, F, G>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  o4: Op<D, E>,
  o5: Op<E, F>,
  o6: Op<F, G>,
  sinks: Sinks<G>,
): Pipeline;
export function pipeline<A, B, C, D, E, F, G, H>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  o4: Op<D, E>,
  o5: Op<E, F>,
  o6: Op<F, G>,
  o7: Op<G, H>,
  sinks: Sinks<H>,
): Pipeline;
export function pipeline<A, B, C, D, E, F, G, H, I>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  o4: Op<D, E>,
  o5: Op<E, F>,
  o6: Op<F, G>,
  o7: Op<G, H>,
  o8: Op<H, I>,
  sinks: Sinks<I>,
): Pipeline;
export function pipeline<A, B, C, D, E, F, G, H, I, J>(
  name: string,
  source: Source<A>,
  o1: Op<A, B>,
  o2: Op<B, C>,
  o3: Op<C, D>,
  o4: Op<D, E>,
  o5: Op<E, F>,
  o6: Op<F, G>,
  o7: Op<G, H>,
  o8: Op<H, I>,
  o9: Op<I, J>,
  sinks: Sinks<J>,
): Pipeline;
export function pipeline(name: string, source: Source<unknown>, ...stages: readonly unknown[]): Pipeline {
  if (typeof name !== 'string' || !/^[\w.-]+$/.test(name))
    throw invalid(`pipeline: name ${shown(name)} must be of letters, digits, '_', '-' and '.'`);
  if (!isObservable(source))
    throw invalid(`pipeline ${name}: its second argument must be a source (an Observable)`);
  const last = stages.at(-1);
  const sinks = Array.isArray(last) ? (last as unknown[]) : [last];
  const operators = stages.slice(0, -1);
  if (stages.length === 0) throw invalid(`pipeline ${name}: it has no sink`);
  if (sinks.length === 0) throw invalid(`pipeline ${name}: the list of sinks is empty`);
  const wrong = [...operators, ...sinks].findIndex((stage) => typeof stage !== 'function');
  if (wrong >= 0) throw invalid(`pipeline ${name}: stage ${wrong + 2} is neither an operator nor a sink`);
  return Object.defineProperty(
    {
      name,
      sources: partsOf(source),
      operators: operators as Op<unknown, unknown>[],
      sinks: sinks as Sink<unknown>[],
    },
    pipelines,
    { value: true },
  );
}

/**
 * Several sources as one: records in order of arrival. In a pipeline each is supervised and counted on its own.
 *
 * @example from(dockerEvents(), dockerStats({ everyMs: 10_000 }))
 */
export function from<const S extends readonly Source<unknown>[]>(
  ...sources: S
): Source<ObservedValueOf<S[number]>> {
  if (sources.length === 0 || !sources.every(isObservable))
    throw invalid('from: give one source or more, each an Observable');
  const all = sources.flatMap(partsOf);
  // Merging one gives that very one, which is not ours to mark.
  const merged = defer(() => merge(...all));
  return Object.defineProperty(merged, parts, { value: all }) as Source<ObservedValueOf<S[number]>>;
}

const partsOf = (source: Source<unknown>): readonly Source<unknown>[] =>
  (source as { [parts]?: readonly Source<unknown>[] })[parts] ?? [source];

/** Whether a value was made by {@link pipeline}, by whichever copy of this package. */
export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && pipelines in value;
}

/** RxJS's own isObservable asks for its class; any interop Observable with `pipe` serves here. */
export function isObservable(value: unknown): value is Observable<unknown> {
  return typeof (value as { pipe?: unknown } | null | undefined)?.pipe === 'function';
}

const invalid = (message: string): PipelineError => new PipelineError('CONFIG_INVALID', message);
