import type { Json } from '../../core/types.ts';
import type { OomEvidence, OomKill } from '../../records/oom-kill.ts';
import type { KnownContainers } from './containers.ts';
import type { Details, Evidence } from './evidence.ts';

/** A kill, as the evidence so far has it. Plain values, for a checkpoint keeps it. */
interface Kill {
  host: string;
  /** Within these it was; the same where a source saw it happen. */
  sinceMs: number;
  atMs: number;
  containerId?: string;
  isAnywhere?: true;
  isInferred?: true;
  details: Details;
  /** When each source says it was. */
  times: Partial<Record<OomEvidence, string>>;
}

/** Kills told are remembered, so that what comes late is not taken for another. */
const MAX_TOLD = 1_024;

const PRECISE_FIRST: readonly OomEvidence[] = [
  'kernel',
  'docker-oom',
  'cadvisor',
  'memory-events',
  'docker-die',
];

/**
 * Joins evidence into kills. Two of one kind are two kills. Two of different kinds are one where nothing speaks against
 * it: another process, another container, more than `withinMs` between them. What fits several kills is of the oldest;
 * before all others of that with the same process, and then of one in the same container.
 */
export function killLedger(withinMs: number, containers: KnownContainers) {
  let open: Kill[] = [];
  let told: Kill[] = [];

  const fits = (kill: Kill, evidence: Evidence): boolean => {
    if (kill.times[evidence.kind] !== undefined) return false;
    const { pid } = kill.details;
    if (pid !== undefined && evidence.pid !== undefined && pid !== evidence.pid) return false;
    if (kill.isAnywhere === true || evidence.isAnywhere === true)
      return Math.abs(kill.atMs - evidence.atMs) <= withinMs;
    return (
      kill.containerId === evidence.containerId &&
      kill.containerId !== undefined &&
      (evidence.sinceMs ?? evidence.atMs) - withinMs <= kill.atMs &&
      kill.sinceMs - withinMs <= evidence.atMs
    );
  };
  const find = (evidence: Evidence): Kill | undefined => {
    const fitting = [...told, ...open].filter((kill) => fits(kill, evidence));
    return (
      fitting.find(({ details: { pid } }) => pid !== undefined && pid === evidence.pid) ??
      fitting.find(({ isAnywhere }) => isAnywhere !== true && evidence.isAnywhere !== true) ??
      fitting[0]
    );
  };

  /** Where nothing told of its container: that of all kills at that moment of processes of that name, if it is one. */
  const inferPlace = (kill: Kill): void => {
    if (kill.isAnywhere !== true) return;
    const alike = [...told, ...open].filter(
      ({ containerId, atMs, details }) =>
        containerId !== undefined &&
        details.process === kill.details.process &&
        Math.abs(atMs - kill.atMs) <= withinMs,
    );
    const [containerId, ...others] = new Set(alike.map((each) => each.containerId));
    if (containerId === undefined || others.length > 0) return;
    delete kill.isAnywhere;
    Object.assign(kill, { containerId, isInferred: true });
    containers.explain({ containerId, atMs: kill.atMs }, withinMs);
  };

  return {
    /** Adds to a kill that is known, else makes one: true then. */
    add(evidence: Evidence): boolean {
      const known = find(evidence);
      const kill = known ?? begun(evidence);
      if (known === undefined) open.push(kill);
      else join(known, evidence);
      const death = containers.explain({ ...evidence, ...placeOf(kill) }, withinMs);
      if (death !== undefined) kill.times['docker-die'] ??= death.time;
      return known === undefined;
    },
    /** Adds to the latest kill of its container that is not told yet; false where there is none. */
    attach(evidence: Evidence): boolean {
      const exact = { ...evidence, sinceMs: evidence.atMs };
      const kill = open.findLast((each) => each.containerId === evidence.containerId && fits(each, exact));
      if (kill !== undefined) join(kill, evidence);
      return kill !== undefined;
    },
    /** Kills made and not told yet. */
    open: (): number => open.length,
    /** Tells so many, the oldest first. */
    tell(count: number): readonly OomKill[] {
      const kills = open.slice(0, count);
      kills.forEach(inferPlace);
      open = open.slice(count);
      told = [...told, ...kills].slice(-MAX_TOLD);
      return kills.map((kill) => recordOf(kill, containers));
    },
    read: (): Json => structuredClone({ open, told }) as unknown as Json,
    restore(kept: Json): void {
      ({ open, told } = structuredClone(kept) as unknown as { open: Kill[]; told: Kill[] });
    },
  };
}

function begun(evidence: Evidence): Kill {
  const { kind, host, time, atMs, sinceMs = atMs, containerId, isAnywhere } = evidence;
  return {
    host,
    sinceMs,
    atMs,
    ...(containerId !== undefined && { containerId }),
    ...(isAnywhere !== undefined && { isAnywhere }),
    details: detailsOf(evidence),
    times: { [kind]: time },
  };
}

function join(kill: Kill, evidence: Evidence): void {
  const { kind, host, time, atMs, sinceMs, containerId, isAnywhere } = evidence;
  kill.times[kind] = time;
  const details = detailsOf(evidence);
  kill.details = kind === 'kernel' ? { ...kill.details, ...details } : { ...details, ...kill.details };
  if (kind === 'docker-oom' || kind === 'docker-die') kill.host = host;
  if (sinceMs === undefined) Object.assign(kill, { sinceMs: atMs, atMs });
  if (isAnywhere === true) return;
  if (containerId !== undefined) kill.containerId = containerId;
  delete kill.isAnywhere;
}

const detailsOf = (evidence: Evidence): Details => {
  const { process, pid, uid, constraint, cgroup, limitCgroup, simulated } = evidence;
  return {
    ...(simulated !== undefined && { simulated }),
    ...(process !== undefined && { process }),
    ...(pid !== undefined && { pid }),
    ...(uid !== undefined && { uid }),
    ...(constraint !== undefined && { constraint }),
    ...(cgroup !== undefined && { cgroup }),
    ...(limitCgroup !== undefined && { limitCgroup }),
  };
};

const placeOf = ({ containerId }: Kill): Pick<Evidence, 'containerId'> =>
  containerId === undefined ? {} : { containerId };

function recordOf(kill: Kill, containers: KnownContainers): OomKill {
  const { host, containerId, isInferred, times, details } = kill;
  const { simulated, ...ofProcess } = details;
  const evidence = PRECISE_FIRST.filter((kind) => times[kind] !== undefined);
  return {
    kind: 'oom-kill',
    host,
    ...(simulated !== undefined && { simulated }),
    time: times[evidence[0]!]!,
    ...placeOf(kill),
    ...(isInferred !== undefined && { isInferred }),
    ...containers.describe(containerId),
    ...ofProcess,
    evidence,
  };
}
