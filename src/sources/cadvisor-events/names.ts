import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import { isObject } from '../../records/check.ts';
import type { Loose } from '../../records/check.ts';
import { containerIdOf } from '../../records/container-id.ts';
import { keptLabels } from '../../records/labels.ts';
import { slots } from '../shared/slots.ts';
import { within } from '../shared/within.ts';
import type { Cadvisor } from './client.ts';

/** What a container is called; all absent where cAdvisor itself knows nothing of it, as of another engine's. */
export interface Naming {
  readonly name?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What containers are called, by their ids; kept when they are gone: an OOM may be the last that is heard of one. */
export interface Names {
  readonly get: (id: string) => Naming | undefined;
  readonly learn: (id: string, naming: Naming) => void;
}

const REMEMBERED = 8_192;

export function names(): Names {
  const known = new Map<string, Naming>();
  return {
    get: (id) => known.get(id),
    learn(id, naming) {
      known.delete(id);
      known.set(id, naming);
      if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
    },
  };
}

export type Keep = (label: string) => boolean;

/** Gives the events of one cAdvisor the names of their containers. */
export interface Namer {
  /** Learns from cAdvisor what the containers are called that are there. */
  readonly learnAll: () => Promise<void>;
  /** What is known, or is being asked for; an answer is never waited for longer than a second. */
  readonly of: (event: CadvisorEvent) => Naming | undefined | Promise<Naming | undefined>;
}

const SPEC_MS = 1_000;
const ALL_SPECS_MS = 5_000;
const ASKED_AT_ONCE = 4;

export function namer(cadvisor: Cadvisor, names: Names, keep: Keep, signal: AbortSignal): Namer {
  const asking = slots(ASKED_AT_ONCE, SPEC_MS);

  /** By cgroup; nothing where cAdvisor does not say in time, or has forgotten. */
  const specs = async (path: string, ms: number): Promise<Loose> => {
    const ask = (limited: AbortSignal): Promise<unknown> => cadvisor.json(`/api/v2.0/spec${path}`, limited);
    const answer = await within(ms, signal, ask).catch(() => undefined);
    return isObject(answer) ? answer : {};
  };
  const learn = (cgroup: string, spec: unknown): void => {
    const id = containerIdOf(cgroup);
    // The engine knows better: cAdvisor keeps the name a container was started with.
    if (id !== undefined && spec !== undefined && names.get(id)?.name === undefined)
      names.learn(id, namingIn(spec, keep));
  };
  const asked = (cgroup: string): Promise<void> =>
    within(
      SPEC_MS,
      signal,
      (limited) =>
        new Promise((resolve) => {
          limited.addEventListener('abort', () => resolve());
          if (limited.aborted) resolve();
          asking.start(async () => {
            if (!limited.aborted) learn(cgroup, (await specs(pathOf(cgroup), SPEC_MS))[cgroup]);
            resolve();
          });
        }),
    );
  return {
    async learnAll() {
      for (const [cgroup, spec] of Object.entries(await specs('/?recursive=true', ALL_SPECS_MS)))
        learn(cgroup, spec);
    },
    of({ containerId: id, cgroup, type, replayed }) {
      if (id === undefined) return undefined;
      const naming = names.get(id);
      // Of a deletion cAdvisor has forgotten it, of all that it keeps it has just told.
      if (naming?.name !== undefined || type === 'containerDeletion' || replayed === true) return naming;
      // What has no name when it is created has none; what is killed before it is created may get one.
      if (naming !== undefined && type !== 'containerCreation') return naming;
      return asked(cgroup).then(() => names.get(id));
    },
  };
}

/** Whatever is in a name; halves of characters, which no path can have, become whole ones. */
const pathOf = (cgroup: string): string =>
  cgroup
    .split('/')
    .map((name) => encodeURIComponent(Buffer.from(name).toString()))
    .join('/');

/** Truth: cAdvisor info/v2 `ContainerSpec`; the first alias is the name, the second the id. */
function namingIn(spec: unknown, keep: Keep): Naming {
  const { aliases, image, labels } = isObject(spec) ? spec : {};
  const [name] = Array.isArray(aliases) ? (aliases as readonly unknown[]) : [];
  if (typeof name !== 'string') return {};
  return {
    name,
    ...(typeof image === 'string' && { image }),
    labels: keptLabels(isObject(labels) ? labels : undefined, keep),
  };
}
