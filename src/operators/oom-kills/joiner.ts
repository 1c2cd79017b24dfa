import type { Json } from '../../core/types.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { KernelOom } from '../../records/kernel-oom.ts';
import { knownContainers } from './containers.ts';
import {
  ofCadvisor,
  ofCgroup,
  ofDocker,
  ofKernel,
  type CadvisorOom,
  type CgroupOom,
  type Evidence,
} from './evidence.ts';
import { killLedger, type KillLedger } from './kills.ts';

/** What a record came to: kills that nobody had told of, or more about such as are known. */
interface Taken {
  readonly made: number;
  /** Whether it says anything of kills. */
  readonly isEvidence: boolean;
}

export interface OomJoiner extends Pick<KillLedger, 'nextMs' | 'tell'> {
  /** Kills that it makes are to be told at `dueMs`. */
  readonly take: (record: unknown, dueMs: number) => Taken;
  readonly read: () => Json;
  /** Those that waited do so until `dueMs`; returns how many. */
  readonly restore: (kept: Json, dueMs: number) => number;
}

type Heard = DockerEvent | KernelOom | CadvisorOom | CgroupOom;

/** Makes kills of records of all kinds, in the order they come. */
export function oomJoiner(withinMs: number): OomJoiner {
  const containers = knownContainers();
  const kills = killLedger(withinMs, containers);

  const add = (evidence: readonly Evidence[], dueMs: number): Taken => ({
    made: evidence.filter((one) => kills.add(one, dueMs)).length,
    isEvidence: evidence.length > 0,
  });
  const takeDeath = (event: DockerEvent, dueMs: number): Taken => {
    const { evidence, proves, fits } = containers.death(event);
    if (fits && kills.attach(evidence)) return { made: 0, isEvidence: true };
    if (proves) return add([evidence], dueMs);
    if (fits) containers.remember(evidence);
    return NOTHING;
  };
  const takeDocker = (event: DockerEvent, dueMs: number): Taken => {
    if (event.type !== 'container') return NOTHING;
    containers.see(event);
    if (event.action === 'die') return takeDeath(event, dueMs);
    return event.action === 'oom' ? add([ofDocker(event)], dueMs) : NOTHING;
  };

  return {
    take(record, dueMs) {
      const heard = record as Heard | null | undefined;
      switch (heard?.kind) {
        case 'docker-event':
          return takeDocker(heard, dueMs);
        case 'kernel-oom':
          return add([ofKernel(heard)], dueMs);
        case 'cadvisor-event':
          return add(ofCadvisor(heard), dueMs);
        case 'cgroup-event':
          return add(ofCgroup(heard, containers.sinceMs(heard.containerId)), dueMs);
        default:
          return NOTHING;
      }
    },
    nextMs: kills.nextMs,
    tell: (nowMs) => kills.tell(nowMs),
    read: () => ({ kills: kills.read(), containers: containers.read() }),
    restore(kept, dueMs) {
      const { kills: ledger, containers: known } = kept as {
        readonly kills: Json;
        readonly containers: Json;
      };
      containers.restore(known);
      return kills.restore(ledger, dueMs);
    },
  };
}

const NOTHING: Taken = { made: 0, isEvidence: false };
