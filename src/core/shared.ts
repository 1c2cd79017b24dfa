import { AsyncLocalStorage } from 'node:async_hooks';

const scope = new AsyncLocalStorage<Map<string, unknown>>();

/**
 * What is called within has things in common, see {@link shared}: the pipelines of one process are all run within one.
 * Where one is open already, that one is used.
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
