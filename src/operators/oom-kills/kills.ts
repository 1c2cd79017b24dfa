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
  /** Nothing has told yet where it was. */
  isAnywhere?: true;
  isInferred?: true;
  details: Details;
  /** When each source says it was. */
  times: Partial<Record<OomEvidence, string>>;
}

interface Waiting extends Kill {
  /** When it is to be told, by the clock of whoever asks. */
  dueMs: number;
}

/** What became of kills that waited. */
interface Told {
  readonly kills: readonly OomKill[];
  /** So many were another one, as it turned out. */
  readonly joined: number;
}

/** More kills than these do not wait. */
const MAX_WAITING = 1_024;
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
 * Joins evidence into kills. Two of one kind are two kills. Two of different kinds are one where they name the same
 * process, or else the same container, and are not more than `withinMs` apart; what fits several is of the oldest. A kill of
 * which nothing has told the container is joined when it is due, with the nearest in time: all that can place it better
 * has come by then.
 */
export function killLedger(withinMs: number, containers: KnownContainers) {
  let open: Waiting[] = [];
  let told: Kill[] = [];

  const isNear = (a: Kill, b: Kill): boolean => Math.abs(a.atMs - b.atMs) <= withinMs;
  const find = (kill: Kill): Kill | undefined => {
    const others = [...told, ...open].filter((other) => mayBeOne(other, kill));
    const { pid } = kill.details;
    return (
      others.find((other) => pid !== undefined && other.details.pid === pid && isNear(other, kill)) ??
      others.find(
        ({ containerId, sinceMs, atMs }) =>
          containerId !== undefined &&
          containerId === kill.containerId &&
          kill.sinceMs - withinMs <= atMs &&
          sinceMs - withinMs <= kill.atMs,
      )
    );
  };
  /** Of those that it could be, where only one of the two is placed, the nearest in time. */
  const nearest = (kill: Kill): Kill | undefined =>
    [...open, ...told]
      .filter((other) => (kill.isAnywhere ?? other.isAnywhere) === true && isNear(kill, other))
      .filter((other) => mayBeOne(other, kill))
      .sort((a, b) => Math.abs(a.atMs - kill.atMs) - Math.abs(b.atMs - kill.atMs))[0];

  /** The container of all kills at that moment of processes of that name, if it is one. */
  const placeOfAlike = (kill: Kill): string | undefined => {
    const alike = [...told, ...open].filter(
      (other) =>
        other.containerId !== undefined &&
        other.details.process === kill.details.process &&
        isNear(other, kill),
    );
    const [containerId, ...others] = new Set(alike.map((other) => other.containerId));
    return others.length === 0 ? containerId : undefined;
  };
  /** Where nothing told of its container: one that ended by such a kill, else that of the kills like it. */
  const inferPlace = (kill: Kill): void => {
    if (kill.isAnywhere !== true) return;
    const containerId = containers.endedNear(kill.atMs, withinMs) ?? placeOfAlike(kill);
    if (containerId === undefined) return;
    delete kill.isAnywhere;
    Object.assign(kill, { containerId, isInferred: true });
    explain(kill, kill.atMs);
  };
  const explain = (kill: Kill, atMs: number): void => {
    const death = containers.explain(kill.containerId, atMs, withinMs);
    if (death !== undefined) kill.times['docker-die'] ??= death.time;
  };

  return {
    /** Adds to a kill that is known, else makes one: true then. */
    add(evidence: Evidence, dueMs: number): boolean {
      const kill = killOf(evidence);
      const known = find(kill);
      if (known === undefined) open.push({ ...kill, dueMs });
      else join(known, kill);
      explain(known ?? open.at(-1)!, evidence.atMs);
      return known === undefined;
    },
    /** Adds to the latest kill of its container that is not told yet; false where there is none. */
    attach(evidence: Evidence): boolean {
      const end = killOf(evidence);
      const kill = open.findLast(
        (each) => each.containerId === end.containerId && mayBeOne(each, end) && isNear(each, end),
      );
      if (kill !== undefined) join(kill, end);
      return kill !== undefined;
    },
    /** When the next kill is to be told. */
    nextMs: (): number | undefined => (open.length > MAX_WAITING ? -Infinity : open[0]?.dueMs),
    /** Tells those that are due, and those for which there is no room. */
    tell(nowMs: number): Told {
      const kills: Kill[] = [];
      let joined = 0;
      for (let [kill] = open; kill !== undefined; [kill] = open) {
        if (kill.dueMs > nowMs && open.length <= MAX_WAITING) break;
        open.shift();
        const other = nearest(kill);
        if (other !== undefined) joined += 1;
        if (other !== undefined && told.includes(other)) {
          join(other, kill);
          continue;
        }
        if (other !== undefined) join(kill, other);
        open = open.filter((each) => each !== other);
        inferPlace(kill);
        told.push(kill);
        kills.push(kill);
      }
      told = told.slice(-MAX_TOLD);
      return { kills: kills.map((kill) => recordOf(kill, containers)), joined };
    },
    read: (): Json => structuredClone({ open, told }) as unknown as Json,
    /** Those that wait do so anew; returns how many. */
    restore(kept: Json, dueMs: number): number {
      const ledger = structuredClone(kept) as unknown as { readonly open: Waiting[]; readonly told: Kill[] };
      open = ledger.open.map((kill) => ({ ...kill, dueMs }));
      told = ledger.told;
      return open.length;
    },
  };
}

export type KillLedger = ReturnType<typeof killLedger>;

/** Nothing that is said of the two speaks against it, but where and when. */
function mayBeOne(a: Kill, b: Kill): boolean {
  if (Object.keys(a.times).some((kind) => Object.hasOwn(b.times, kind))) return false;
  const [one, other] = [a.details.pid, b.details.pid];
  return one === undefined || other === undefined || one === other;
}

function killOf(evidence: Evidence): Kill {
  const { kind, host, time, atMs, sinceMs = atMs, containerId, isAnywhere, ...details } = evidence;
  return {
    host,
    sinceMs,
    atMs,
    ...(containerId !== undefined && { containerId }),
    ...(isAnywhere !== undefined && { isAnywhere }),
    details,
    times: { [kind]: time },
  };
}

/** Adds to a kill what is said of it in another place. */
function join(kill: Kill, more: Kill): void {
  const { host, sinceMs, atMs, containerId, isAnywhere, details, times } = more;
  kill.details =
    times.kernel === undefined ? { ...details, ...kill.details } : { ...kill.details, ...details };
  kill.times = { ...times, ...kill.times };
  if (times['docker-oom'] !== undefined || times['docker-die'] !== undefined) kill.host = host;
  if (sinceMs === atMs) Object.assign(kill, { sinceMs, atMs });
  if (isAnywhere === true) return;
  delete kill.isAnywhere;
  if (containerId !== undefined) kill.containerId = containerId;
}

function recordOf(kill: Kill, containers: KnownContainers): OomKill {
  const { host, containerId, isInferred, times, details } = kill;
  const { simulated, ...ofProcess } = details;
  const evidence = PRECISE_FIRST.filter((kind) => times[kind] !== undefined);
  return {
    kind: 'oom-kill',
    host,
    ...(simulated !== undefined && { simulated }),
    time: times[evidence[0]!]!,
    ...(containerId !== undefined && { containerId }),
    ...(isInferred !== undefined && { isInferred }),
    ...containers.describe(containerId),
    ...ofProcess,
    evidence,
  };
}
