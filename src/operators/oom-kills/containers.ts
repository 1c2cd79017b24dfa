import type { Json } from '../../core/types.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { OomKill } from '../../records/oom-kill.ts';
import { forgetOldest } from '../forget-oldest.ts';
import type { Evidence } from './evidence.ts';

/** What Docker's events have told of a container, and of its life: from a start to the next. */
interface Known {
  readonly name?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** When its life began; 0 where that was not seen. */
  readonly sinceMs: number;
  /** A kill of this life is known. */
  readonly hasKill?: true;
  /** SIGKILL came through the engine: exit code 137 proves nothing. */
  readonly isKilledByEngine?: true;
  /** It ended by SIGKILL, which no kill has explained yet. */
  readonly death?: { readonly time: string; readonly atMs: number };
}

/** How a `die` counts: it is one kill more, it may belong to one, or it says nothing of kills. */
export interface Death {
  readonly evidence: Evidence;
  /** The engine says that a process of this life was killed, and no kill of it is known. */
  readonly proves: boolean;
  /** The main process ended by a SIGKILL that the engine did not send. */
  readonly fits: boolean;
}

const MAX_CONTAINERS = 2_048;

/** Remembers containers by their events. Bounds: 2,048, those longest without an event are forgotten first. */
export function knownContainers() {
  const known = new Map<string, Known>();
  const of = (id: string): Known => known.get(id) ?? { sinceMs: 0 };
  const put = (id: string, container: Known): void => {
    known.delete(id);
    known.set(id, container);
    forgetOldest(known, MAX_CONTAINERS);
  };
  return {
    /** Takes note of an event of a container. */
    see(event: DockerEvent): void {
      const { id, action, attributes } = event;
      const container = { ...of(id), ...describedBy(event) };
      const { death } = container;
      if (action === 'start')
        put(id, { ...describedBy(event), sinceMs: Date.parse(event.time), ...(death && { death }) });
      else if (action === 'kill' && KILL.test(attributes['signal'] ?? '9'))
        put(id, { ...container, isKilledByEngine: true });
      else put(id, container);
    },
    /** What the end of a container says. */
    death({ id, host, time, attributes, exit, simulated }: DockerEvent): Death {
      const { sinceMs, hasKill, isKilledByEngine } = of(id);
      const code = exit?.code ?? Number(attributes['exitCode']);
      const marks = simulated === true ? { simulated } : {};
      return {
        evidence: {
          kind: 'docker-die',
          host,
          time,
          atMs: Date.parse(time),
          sinceMs,
          containerId: id,
          ...marks,
        },
        proves: exit?.oomKilled === true && hasKill !== true,
        fits: code === 137 && isKilledByEngine !== true,
      };
    },
    /** A kill may come that explains this end. */
    remember({ containerId = '', time, atMs }: Evidence): void {
      put(containerId, { ...of(containerId), death: { time, atMs } });
    },
    /** Takes note of a kill; returns the end it explains, if that has come already. */
    explain(containerId: string | undefined, atMs: number, withinMs: number): Known['death'] {
      if (containerId === undefined) return undefined;
      const { death, ...container } = of(containerId);
      const isExplained = death !== undefined && Math.abs(death.atMs - atMs) <= withinMs;
      put(containerId, {
        ...container,
        ...(atMs >= container.sinceMs && { hasKill: true }),
        ...(death !== undefined && !isExplained && { death }),
      });
      return isExplained ? death : undefined;
    },
    /** The container that ended by SIGKILL nearest to a moment, where no kill has explained that yet. */
    endedNear(atMs: number, withinMs: number): string | undefined {
      const distance = ({ death }: Known): number => Math.abs((death?.atMs ?? Infinity) - atMs);
      return [...known]
        .filter(([, container]) => distance(container) <= withinMs)
        .sort(([, a], [, b]) => distance(a) - distance(b))[0]?.[0];
    },
    sinceMs: (id: string | undefined): number => (id === undefined ? 0 : of(id).sinceMs),
    describe(id: string | undefined): Pick<OomKill, 'name' | 'image' | 'labels'> {
      const { name, image, labels } = id === undefined ? of('') : of(id);
      return {
        ...(name !== undefined && { name }),
        ...(image !== undefined && { image }),
        ...(labels !== undefined && { labels }),
      };
    },
    read: (): Json => [...known] as unknown as Json,
    restore(kept: Json): void {
      for (const [id, container] of kept as unknown as [string, Known][]) known.set(id, container);
    },
  };
}

export type KnownContainers = ReturnType<typeof knownContainers>;

const KILL = /^(?:9|SIGKILL|KILL)$/i;

/** What engines say of a container's event itself; all else are labels. */
const OWN: ReadonlySet<string> = new Set([
  ...['name', 'image', 'imageID', 'podId', 'exitCode', 'execDuration', 'containerExitCode'],
  ...['signal', 'execID', 'oldName'],
]);

function describedBy({ attributes }: DockerEvent): Pick<Known, 'name' | 'image' | 'labels'> {
  const { name, image } = attributes;
  const labels = Object.entries(attributes).filter(([key]) => !OWN.has(key));
  return {
    ...(name !== undefined && { name }),
    ...(image !== undefined && { image }),
    ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
  };
}
