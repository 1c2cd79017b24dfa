import { AsyncLocalStorage } from 'node:async_hooks';

const patience = new AsyncLocalStorage<true>();

/**
 * What is run within has sources that can wait without losing anything, as those of a recording: there no sink's queue
 * drops a record, whatever its policy; full, it stops the sources.
 */
export const patiently = <R>(call: () => R): R => patience.run(true, call);

export const isPatient = (): boolean => patience.getStore() ?? false;
