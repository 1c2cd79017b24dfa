import type { Json } from '../../core/types.ts';
import { isObject } from '../../records/check.ts';
import type { Phase } from '../../records/container-state.ts';
import type { DockerEvent } from '../../records/docker-event.ts';

/** A container as the events so far leave it. */
export interface KnownContainer {
  readonly phase: Phase;
  /** What its events carry, without what belongs to one event: name, image, labels allowed. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Whether a label hides the exit code of its events; nothing where its labels were never seen. */
  readonly shadowsExitCode?: boolean | undefined;
  /** Up to when that is known, by the engine's clock: nanoseconds in digits. */
  readonly sinceNano?: string | undefined;
}

/** The containers there are, by id: what an absence is compared with. */
export interface KnownContainers {
  readonly get: (id: string) => KnownContainer | undefined;
  readonly entries: () => Iterable<readonly [string, KnownContainer]>;
  readonly set: (id: string, container: KnownContainer) => void;
  /** What an event changes. Costs next to nothing for most. */
  readonly apply: (event: DockerEvent) => void;
  /** The same value as before as long as nothing changed. */
  readonly read: () => Json;
  /** Throws a TypeError for what `read` never gave. */
  readonly restore: (containers: Json) => void;
}

/** Holds at most so many; further ones take the place of those that came first. */
const MAX_KNOWN = 2_048;

const PHASES: ReadonlyMap<string, Phase> = new Map([
  ['create', 'down'],
  ['start', 'up'],
  ['unpause', 'up'],
  ['pause', 'paused'],
  ['die', 'down'],
]);
const OWN_OF_EVENTS: ReadonlySet<string> = new Set([
  ...['exitCode', 'execDuration', 'signal', 'execID', 'oldName', 'containerExitCode', 'podId'],
]);

export function knownContainers(capacity: number = MAX_KNOWN): KnownContainers {
  let containers = new Map<string, KnownContainer>();
  let kept: Json | undefined;

  const set = (id: string, container: KnownContainer): void => {
    kept = undefined;
    containers.set(id, container);
    if (containers.size > capacity) containers.delete(containers.keys().next().value!);
  };
  const change = (event: DockerEvent, phase: Phase | undefined): void => {
    const { id, action } = event;
    const before = containers.get(id);
    // Only events that have no exit code of their own show a label of that name.
    const shadows = action === 'die' ? before?.shadowsExitCode : 'exitCode' in event.attributes;
    set(id, {
      phase: phase ?? before?.phase ?? 'down',
      attributes: commonAttributes(event.attributes),
      shadowsExitCode: shadows,
      sinceNano: event.timeNano,
    });
  };
  return {
    get: (id) => containers.get(id),
    entries: () => containers,
    set,
    apply(event) {
      if (event.type !== 'container') return;
      const { action, id } = event;
      if (action === 'destroy' || action === 'remove') {
        if (containers.delete(id)) kept = undefined;
        return;
      }
      const phase = PHASES.get(action);
      if (phase !== undefined || action === 'rename') change(event, phase);
    },
    read: () => (kept ??= [...containers].map(toJson)),
    restore(all) {
      if (!Array.isArray(all)) throw new TypeError('containers is not a list');
      containers = new Map((all as readonly Json[]).map(fromJson));
      kept = undefined;
    },
  };
}

/** What two events of one container have in common. */
export function commonAttributes(
  attributes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !OWN_OF_EVENTS.has(name)));
}

const toJson = ([id, container]: readonly [string, KnownContainer]): Json => {
  const { phase, attributes, shadowsExitCode, sinceNano } = container;
  return {
    id,
    phase,
    attributes,
    ...(shadowsExitCode !== undefined && { shadowsExitCode }),
    ...(sinceNano !== undefined && { sinceNano }),
  };
};

function fromJson(entry: Json): readonly [string, KnownContainer] {
  if (!isObject(entry)) throw new TypeError('a container is not an object');
  const { id, phase, attributes, shadowsExitCode, sinceNano } = entry;
  if (typeof id !== 'string' || !isPhase(phase) || !isObject(attributes))
    throw new TypeError('a container has no id, phase or attributes');
  const texts = Object.entries(attributes).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  return [
    id,
    {
      phase,
      attributes: Object.fromEntries(texts),
      shadowsExitCode: typeof shadowsExitCode === 'boolean' ? shadowsExitCode : undefined,
      sinceNano: typeof sinceNano === 'string' ? sinceNano : undefined,
    },
  ];
}

const isPhase = (phase: unknown): phase is Phase => phase === 'up' || phase === 'paused' || phase === 'down';
