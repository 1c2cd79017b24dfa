import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<Map<string, unknown>>();

/**
 * What is called within has things in common: one HTTP server an address, the counters of all pipelines. So all pipelines
 * of a program that serve, or are to be seen in one another's metrics, are run within one. Where one is open already, that
 * one is used. `pipeline run` does it by itself.
 *
 * @example
 * const pipelines = [
 *   pipeline('events', dockerEvents(), sseBroadcast()),
 *   pipeline('stats', dockerStats(), sseBroadcast({ path: '/stats' })),
 * ];
 * const runs = withShared(() => pipelines.map((each) => runPipeline(each)));
 */
export function withShared<R>(call: () => R): R {
  return scope.getStore() === undefined ? scope.run(new Map(), call) : call();
}

/** The one thing of this name within {@link withShared}, made for the first who asks. Outside of it: a new one each time. */
export function shared<V>(name: string, make: () => V): V {
  const things = scope.getStore();
  if (things === undefined) return make();
  if (!things.has(name)) things.set(name, make());
  return things.get(name) as V;
}
