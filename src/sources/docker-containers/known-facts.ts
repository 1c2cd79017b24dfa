import type { ContainerFacts } from '../../records/container-facts.ts';
import type { ListedContainer } from '../../records/container-list.ts';
import { cgroupPathOf, type CgroupNaming } from '../../records/cgroup-path.ts';
import { keptLabels } from '../../records/labels.ts';
import type { Inspected } from '../../records/parse-container-facts.ts';

/** What the records of one engine have in common. */
export type Marks = Pick<ContainerFacts, 'host' | 'simulated' | 'engine'>;

/** The containers of an engine as they were last told. */
export interface KnownFacts {
  readonly ids: () => readonly string[];
  readonly has: (id: string) => boolean;
  /** The record of an answer; nothing is forgotten by it that only measuring tells. */
  readonly tell: (inspected: Inspected, naming: CgroupNaming, time: string) => ContainerFacts;
  /** The last record of a container; nothing of one that was never told. */
  readonly forget: (id: string, time: string) => ContainerFacts | undefined;
  /** Whether a list shows what was told. */
  readonly agrees: (listed: ListedContainer) => boolean;
}

export function knownFacts(marks: Marks, keepLabel: (key: string) => boolean): KnownFacts {
  const known = new Map<string, ContainerFacts>();
  return {
    ids: () => [...known.keys()],
    has: (id) => known.has(id),
    tell({ cgroupParent, container, writtenBytes, ...inspected }, naming, time) {
      const { id } = container;
      const written = writtenBytes ?? known.get(id)?.writtenBytes;
      const facts: ContainerFacts = {
        kind: 'container-facts',
        ...marks,
        time,
        container: { ...container, labels: keptLabels(container.labels, keepLabel) },
        ...inspected,
        cgroup: cgroupPathOf(id, cgroupParent, naming),
        ...(written !== undefined && { writtenBytes: written }),
      };
      known.set(id, facts);
      return facts;
    },
    forget(id, time) {
      const last = known.get(id);
      known.delete(id);
      return last && { ...last, state: 'removed', time };
    },
    agrees({ id, name, phase }) {
      const facts = known.get(id);
      return facts?.container.name === name && phaseOf(facts) === phase;
    },
  };
}

const phaseOf = ({ state }: ContainerFacts): ListedContainer['phase'] =>
  state === 'running' ? 'up' : state === 'paused' ? 'paused' : 'down';
