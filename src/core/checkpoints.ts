import { AsyncLocalStorage } from 'node:async_hooks';
import { traitsOf } from './define-source.ts';
import { messageOf, PipelineError } from './errors.ts';
import type { Json, Source } from './types.ts';

/** A part of a pipeline whose state belongs into its checkpoints: an operator that counts, a sink. */
export interface Participant {
  /**
   * Called between two records: the state behind all it has been handed so far, at once or as soon as that has been
   * delivered, or dropped and counted.
   */
  readonly snapshot: () => Json | Promise<Json>;
  /** That state is durable now: a later run goes on from it or from a later one. */
  readonly kept?: (state: Json) => void;
}

/** Where the last checkpoint of a pipeline is kept. */
export interface CheckpointStore {
  /** For people: a path. */
  readonly place: string;
  /** The first call; from then on it is this run's own. */
  readonly load: () => Promise<Json | undefined>;
  /** Replaces the last one, durably and as a whole. */
  readonly save: (checkpoint: Json) => Promise<void>;
  /** Called once, after the last of the two above. */
  readonly close: () => Promise<void>;
}

interface Checkpoint {
  readonly version: 1;
  readonly sources: Readonly<Record<string, Json>>;
  readonly states: Readonly<Record<string, Json>>;
}

export interface Checkpoints {
  /** Runs what subscribes the pipeline: participants join within. */
  readonly within: <T>(subscribe: () => T) => T;
  /**
   * To be waited for between the sinks and the sources: where a sink is new to the checkpoint, it keeps how far that
   * one had come before this run. Else a crash before the first checkpoint would leave nothing to cut back to.
   */
  readonly begin: () => Promise<void>;
  /**
   * Takes a checkpoint of this moment, which must be between two records, and keeps it once every participant has
   * delivered what came before. A later call takes the place of one that has not got so far. Rejects when it cannot
   * be kept.
   */
  readonly take: () => Promise<void>;
}

/** What a participant is told when it joins: its state in the checkpoint that this run goes on from, if it has one. */
export interface Membership {
  /** Undefined where it was in none. */
  readonly restored: Json | undefined;
}

const current = new AsyncLocalStorage<(name: string, participant: Participant) => Membership>();

/**
 * Makes a part of the pipeline that is being subscribed to take part in its checkpoints; nothing in a run that takes
 * none, or outside of a run.
 *
 * @example
 * // within an operator, while it is subscribed to: how many records there were, over all runs
 * let seen = 0;
 * const membership = joinCheckpoints('seen', { snapshot: () => seen });
 * if (typeof membership?.restored === 'number') seen = membership.restored;
 */
export function joinCheckpoints(name: string, participant: Participant): Membership | undefined {
  return current.getStore()?.(name, participant);
}

/** Goes on from the last checkpoint of the store: moves the sources there, hands participants their states. */
export async function openCheckpoints(
  store: CheckpointStore,
  sources: ReadonlyMap<string, Source<unknown>>,
): Promise<Checkpoints> {
  const saved = checked(await store.load(), store.place);
  const cursors = [...sources].flatMap(([name, source]) => {
    const { cursor } = traitsOf(source);
    return cursor === undefined ? [] : [{ name, cursor }];
  });
  for (const { name, cursor } of cursors) {
    const place = saved.sources[name];
    if (place === undefined) continue;
    try {
      cursor.restore(place);
    } catch (cause) {
      throw unusable(store.place, `${name} cannot go on from it: ${messageOf(cause)}`, cause);
    }
  }

  let before: Checkpoint['states'] = saved.states;
  let isNew = false;
  const participants = new Map<string, Participant>();
  const join = (name: string, participant: Participant): Membership => {
    let free = name;
    for (let n = 2; participants.has(free); n += 1) free = `${name}-${n}`;
    participants.set(free, participant);
    const restored = saved.states[free];
    isNew ||= restored === undefined;
    return { restored };
  };
  let round = 0;
  let kept = JSON.stringify(saved);
  let saving = Promise.resolve();

  const take = async (): Promise<void> => {
    round += 1;
    const own = round;
    const places = cursors.flatMap(({ name, cursor }) => {
      const place = cursor.read();
      return place === undefined ? [] : [[name, place] as const];
    });
    const states = await Promise.all(
      [...participants].map(async ([name, { snapshot }]) => [name, await snapshot()] as const),
    );
    const checkpoint: Checkpoint = {
      version: 1,
      sources: Object.fromEntries(places),
      states: { ...before, ...Object.fromEntries(states) },
    };
    const save = async (): Promise<void> => {
      const text = JSON.stringify(checkpoint);
      if (own !== round || text === kept) return;
      await store.save(checkpoint as unknown as Json);
      kept = text;
      for (const [name, state] of states) participants.get(name)?.kept?.(state);
    };
    saving = saving.then(save, save);
    await saving;
  };
  return {
    within: (subscribe) => current.run(join, subscribe),
    begin: async () => {
      if (isNew) await take();
      // By the next one everything has joined; what has not is no longer there.
      before = {};
    },
    take,
  };
}

function checked(saved: Json | undefined, place: string): Checkpoint {
  if (saved === undefined) return { version: 1, sources: {}, states: {} };
  const { version, sources, states } = Object(saved) as Partial<Checkpoint>;
  if (version !== 1) throw unusable(place, `its version is ${String(version)}, this program knows version 1`);
  if (typeof sources !== 'object' || typeof states !== 'object')
    throw unusable(place, 'it has no sources and states');
  return { version, sources, states };
}

const unusable = (place: string, why: string, cause?: unknown): PipelineError =>
  new PipelineError(
    'CONFIG_INVALID',
    `the checkpoint ${place} cannot be used: ${why}; move it away to begin anew`,
    { cause },
  );
