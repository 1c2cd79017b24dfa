import type { Json } from '../../core/types.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { KernelOom } from '../../records/kernel-oom.ts';
import type { OomKill } from '../../records/oom-kill.ts';
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
import { killLedger } from './kills.ts';

/** What a record came to: kills that nobody had told of, or more about such as are known. */
interface Taken {
  readonly made: number;
  /** Whether it says anything of kills. */
  readonly isEvidence: boolean;
}

export interface OomJoiner {
  readonly take: (record: unknown) => Taken;
  /** So many of the kills made, the oldest first. */
  readonly tell: (count: number) => readonly OomKill[];
  readonly read: () => Json;
  /** Returns how many kills wait to be told. */
  readonly restore: (kept: Json) => number;
}

type Heard = DockerEvent | KernelOom | CadvisorOom | CgroupOom;

/** Makes kills of records of all kinds, in the order they come. */
export function oomJoiner(withinMs: number): OomJoiner {
  const containers = knownContainers();
  const kills = killLedger(withinMs, containers);

  const add = (evidence: readonly Evidence[]): Taken => ({
    made: evidence.filter((one) => kills.add(one)).length,
    isEvidence: evidence.length > 0,
  });
  const takeDeath = (event: DockerEvent): Taken => {
    const { evidence, proves, fits } = containers.death(event);
    if (fits && kills.attach(evidence)) return { made: 0, isEvidence: true };
    if (proves) return add([evidence]);
    if (fits) containers.remember(evidence);
    return NOTHING;
  };
  const takeDocker = (event: DockerEvent): Taken => {
    if (event.type !== 'container') return NOTHING;
    containers.see(event);
    if (event.action === 'die') return takeDeath(event);
    return event.action === 'oom' ? add([ofDocker(event)]) : NOTHING;
  };

  return {
    take(record) {
      const heard = record as Heard | null | undefined;
      switch (heard?.kind) {
        case 'docker-event':
          return takeDocker(heard);
        case 'kernel-oom':
          return add([ofKernel(heard)]);
        case 'cadvisor-event':
          return add(ofCadvisor(heard));
        case 'cgroup-event':
          return add(ofCgroup(heard, containers.sinceMs(heard.containerId)));
        default:
          return NOTHING;
      }
    },
    tell: (count) => kills.tell(count),
    read: () => ({ kills: kills.read(), containers: containers.read() }),
    restore(kept) {
      const { kills: ledger, containers: known } = kept as {
        readonly kills: Json;
        readonly containers: Json;
      };
      containers.restore(known);
      kills.restore(ledger);
      return kills.open();
    },
  };
}

const NOTHING: Taken = { made: 0, isEvidence: false };
