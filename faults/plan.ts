import { createRandom, type Random } from '../src/simulator/random.ts';
import type { Shutdown } from '../src/simulator/index.ts';
import type { CutPlace } from './mangle.ts';
import type { WrongAnswer } from './proxy.ts';

/** One thing that happens. Those with a duration have healed after `ms`. */
export type Act =
  | { readonly do: 'emit'; readonly count: number }
  | { readonly do: 'live'; readonly number: number }
  | { readonly do: 'cut'; readonly place: CutPlace }
  | { readonly do: 'refuse'; readonly ms: number }
  | { readonly do: 'silence'; readonly ms: number }
  | { readonly do: 'deafen' }
  | { readonly do: 'eat'; readonly what: 'lines' | 'tail' }
  | { readonly do: 'answer'; readonly wrong: WrongAnswer; readonly ms: number }
  | { readonly do: 'delay'; readonly perChunkMs: number; readonly ms: number }
  | { readonly do: 'tear'; readonly ms: number }
  | { readonly do: 'restart'; readonly how: Shutdown; readonly ms: number }
  | { readonly do: 'freeze'; readonly ms: number }
  | { readonly do: 'clock'; readonly byMs: number }
  | { readonly do: 'sink'; readonly how: 'slow' | 'failing'; readonly ms: number }
  | { readonly do: 'disk'; readonly ms: number }
  | { readonly do: 'kill' }
  | { readonly do: 'unreadable'; readonly reads: number }
  | { readonly do: 'damage'; readonly how: 'cut' | 'flip'; readonly where: number };

export interface Step {
  readonly atMs: number;
  readonly act: Act;
}

/**
 * Which faults a run has: of the network, the engine, the sinks, or all of them, so that nothing may be lost; those
 * that make losses, so that gaps must tell; kills of dockrx itself; or kills while its journal is damaged.
 */
export type Kind = 'network' | 'engine' | 'sinks' | 'mixed' | 'losses' | 'kill' | 'journal';

/** Where records go: a file, one that rotates, one on a small disk, or a sink that can be made slow and failing. */
export type SinkKind = 'file' | 'rotating' | 'disk' | 'moody';

/** Everything a run does, decided by its seed alone. */
export interface Plan {
  readonly seed: number;
  readonly kind: Kind;
  readonly apiVersion: string;
  readonly containers: number;
  /** Events wait while dockrx has more to catch up with than the engine keeps: then nothing may be lost. */
  readonly patient: boolean;
  readonly sinks: readonly SinkKind[];
  readonly policy: 'pause' | 'drop-oldest' | 'drop-newest';
  /** ordered by time */
  readonly steps: readonly Step[];
}

type Maker = (random: Random) => Act;

const durationMs = (random: Random): number => random.integer(5, 150);

const network = (...wrongs: readonly WrongAnswer[]): readonly Maker[] => [
  (random) => ({ do: 'cut', place: random.pick(['line', 'character', 'clean']) }),
  (random) => ({ do: 'cut', place: random.pick(['line', 'character', 'clean']) }),
  (random) => ({ do: 'refuse', ms: durationMs(random) }),
  (random) => ({ do: 'silence', ms: durationMs(random) }),
  (random) => ({
    do: 'answer',
    wrong: random.pick(wrongs),
    ms: durationMs(random),
  }),
  (random) => ({ do: 'delay', perChunkMs: random.integer(1, 20), ms: durationMs(random) }),
  (random) => ({ do: 'tear', ms: durationMs(random) }),
];

const NETWORK = network(500, 500, 404, 'page');

/** What an engine tells in its last moment is gone where the way to it is bad: it goes without a word there. */
const restart =
  (...hows: readonly Shutdown[]): Maker =>
  (random) => ({ do: 'restart', how: random.pick(hows), ms: durationMs(random) });

const freeze: Maker = (random) => ({ do: 'freeze', ms: durationMs(random) });
const FORTH = [900, 61_000, 3_600_000];
const BACK = [-900, -61_000, -3_600_000];
const clock =
  (...steps: readonly number[]): Maker =>
  (random) => ({ do: 'clock', byMs: random.pick(steps) });

const ENGINE: readonly Maker[] = [freeze, clock(...FORTH, ...BACK)];

const SINKS: readonly Maker[] = [
  (random) => ({ do: 'sink', how: random.pick(['slow', 'failing']), ms: durationMs(random) }),
  (random) => ({ do: 'disk', ms: durationMs(random) }),
];

/** What only a comparison with the engine's ring can find; it sees nothing that is dated later than the engine's clock. */
const LOSSES: readonly Maker[] = [
  () => ({ do: 'deafen' }),
  (random) => ({ do: 'eat', what: random.pick(['lines', 'tail']) }),
];

const kill: Maker = () => ({ do: 'kill' });
/** Begins with a kill: most is read at a start. */
const unreadable: Maker = (random) => ({ do: 'unreadable', reads: random.integer(1, 6) });
const damage: Maker = (random) => ({ do: 'damage', how: random.pick(['cut', 'flip']), where: random.next() });

const MAKERS: Readonly<Record<Kind, readonly Maker[]>> = {
  network: NETWORK,
  engine: [...ENGINE, restart('live-restore', 'sigterm', 'sigkill')],
  sinks: SINKS,
  mixed: [...NETWORK, ...ENGINE, restart('live-restore', 'sigkill'), ...SINKS],
  losses: [
    ...NETWORK,
    freeze,
    clock(...FORTH),
    restart('live-restore', 'sigterm', 'sigkill'),
    ...SINKS,
    ...LOSSES,
  ],
  // A refusal ends dockrx for good.
  kill: [kill, kill, kill, kill, unreadable, ...network(500, 500, 'page'), ...ENGINE],
  journal: [kill, kill, damage, damage, unreadable],
};

/** Of as many runs in a row. */
const SHARES: readonly Kind[] = [
  'network',
  'network',
  'engine',
  'sinks',
  'mixed',
  'losses',
  'losses',
  'kill',
  'journal',
];

export const KINDS: readonly Kind[] = [...new Set(SHARES)];

/** Kinds whose dockrx is a process of its own. */
export const isKilled = (kind: Kind): boolean => kind === 'kill' || kind === 'journal';

export const kindOf = (seed: number): Kind => SHARES[seed % SHARES.length]!;

const sinksOf = (kind: Kind, random: Random): readonly SinkKind[] => {
  if (isKilled(kind)) return ['file'];
  if (kind === 'sinks' || kind === 'mixed' || kind === 'losses')
    return random.pick<readonly SinkKind[]>([
      ['moody'],
      ['disk'],
      ['moody', 'file'],
      ['disk', 'moody'],
      ['rotating'],
    ]);
  return [random.pick<SinkKind>(['file', 'file', 'rotating'])];
};

/** The plan of a seed: the same for ever. */
export function planOf(seed: number): Plan {
  const random = createRandom(seed, 'faults');
  const kind = kindOf(seed);
  const lastMs = isKilled(kind) ? random.integer(1500, 4000) : random.integer(300, 800);
  const patient = kind !== 'losses' && !isKilled(kind);
  const most = kind === 'losses' ? random.pick([75, 75, 150, 600]) : 75;
  const at = (act: Act): Step => ({ atMs: random.integer(0, lastMs), act });
  const emits = Array.from({ length: random.integer(15, 45) }, () =>
    at({ do: 'emit', count: random.integer(1, most) }),
  );
  const lives = Array.from({ length: random.integer(5, 30) }, (_, number) => at({ do: 'live', number }));
  const faults = Array.from({ length: random.integer(1, 6) }, () => at(random.pick(MAKERS[kind])(random)));
  return {
    seed,
    kind,
    apiVersion: random.pick(['1.41', '1.45', '1.51', '1.52', '1.55']),
    containers: random.integer(0, 8),
    patient,
    sinks: sinksOf(kind, random),
    policy: kind === 'sinks' ? random.pick(['pause', 'pause', 'drop-oldest', 'drop-newest']) : 'pause',
    steps: [...emits, ...lives, ...faults].sort((a, b) => a.atMs - b.atMs),
  };
}
