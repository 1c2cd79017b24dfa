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
  /** Whether it was told since the engine was connected to. */
  readonly isTold: (id: string) => boolean;
  /** The record of an answer; how much was written is kept from the last measure. */
  readonly tell: (inspected: Inspected, naming: CgroupNaming, time: string) => ContainerFacts;
  /** The record of what was measured: by the rest of that answer things may be older than what was told meanwhile. */
  readonly measured: (id: string, writtenBytes: number, time: string) => ContainerFacts | undefined;
  /** The last record of a container; nothing of one that was never told. */
  readonly forget: (id: string, time: string) => ContainerFacts | undefined;
  /** Whether a list shows what was told since the engine was connected to. */
  readonly agrees: (listed: ListedContainer) => boolean;
  /** Leaves all of them to the next connection, which tells those that have gone meanwhile. */
  readonly leave: () => void;
}

/** `left` is what the connection before has left. */
export function knownFacts(
  marks: Marks,
  keepLabel: (key: string) => boolean,
  left: Map<string, ContainerFacts>,
): KnownFacts {
  const known = new Map(left);
  left.clear();
  const told = new Set<string>();
  return {
    ids: () => [...known.keys()],
    isTold: (id) => told.has(id),
    tell({ cgroupParent, container, ...inspected }, naming, time) {
      const { id } = container;
      const written = known.get(id)?.writtenBytes;
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
      told.add(id);
      return facts;
    },
    measured(id, writtenBytes, time) {
      const facts = told.has(id) ? known.get(id) : undefined;
      if (facts === undefined) return undefined;
      const measured = { ...facts, writtenBytes, time };
      known.set(id, measured);
      return measured;
    },
    forget(id, time) {
      const last = known.get(id);
      known.delete(id);
      told.delete(id);
      return last && { ...last, state: 'removed', time };
    },
    agrees({ id, name, phase }) {
      const facts = told.has(id) ? known.get(id) : undefined;
      return facts?.container.name === name && phaseOf(facts) === phase;
    },
    leave() {
      for (const [id, facts] of known) left.set(id, facts);
    },
  };
}

const phaseOf = ({ state }: ContainerFacts): ListedContainer['phase'] =>
  state === 'running' ? 'up' : state === 'paused' ? 'paused' : 'down';
