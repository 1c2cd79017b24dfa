import { frame, frameLine, type Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import { eventText } from './event-text.ts';
import { createRing, type EventRun, type PublishedEvent } from './ring.ts';
import type { EngineEvent } from './types.ts';

/** An open `/events` answer. */
export interface Listener {
  readonly channel: Channel;
  readonly legacy: boolean;
  /** undefined = everything */
  readonly wants: ((event: EngineEvent) => boolean) | undefined;
}

/** What becomes of an event on its way to the listeners: it is lost, or the connection ends in its middle. */
export type Spoiling = 'lost' | 'half';

/** Where events are published: into the ring and to every listener. */
export interface Hub {
  readonly publish: (event: EngineEvent) => void;
  /** files a run that its maker delivers by itself */
  readonly file: (run: EventRun) => void;
  readonly replay: (since: bigint | undefined, until: bigint | undefined) => PublishedEvent[];
  readonly listeners: ReadonlySet<Listener>;
  readonly subscribe: (listener: Listener) => void;
  readonly unsubscribe: (listener: Listener) => void;
  /** calls back when a listener comes or goes */
  readonly onChange: (callback: () => void) => void;
  /** calls back with every line published, whoever reads; returns how to stop it */
  readonly onLine: (callback: (line: string) => void) => () => void;
  readonly published: () => number;
  /** events that nobody was told of, because it was down */
  readonly untold: () => number;
  /** events that listeners lost because they did not read */
  readonly skipped: () => number;
  /** calls back with the line of every event that a listener lost because it did not read; returns how to stop it */
  readonly onSkipped: (callback: (line: string) => void) => () => void;
  /** stop and frozen engines publish nothing: `drop` forgets events, `hold` keeps them until `live` */
  readonly mode: (mode: 'live' | 'hold' | 'drop') => void;
  readonly forget: () => void;
  /** so many events from now on */
  readonly spoil: (how: Spoiling, count: number) => void;
}

/** Renders a line once for every form asked for. */
function publishedEvent(event: EngineEvent, nano: bigint): PublishedEvent {
  const lines: [string | undefined, string | undefined] = [undefined, undefined];
  return {
    nano,
    event,
    line: (legacy) => (lines[legacy ? 1 : 0] ??= eventText(event, nano, legacy)),
  };
}

/** Returns how many listeners have lost it. */
function deliver(
  published: PublishedEvent,
  listeners: Iterable<Listener>,
  spoiling: Spoiling | undefined,
): number {
  const frames: [Buffer | undefined, Buffer | undefined] = [undefined, undefined];
  let losers = 0;
  for (const { channel, legacy, wants } of listeners) {
    if (wants?.(published.event) === false) continue;
    if (spoiling !== undefined) {
      losers += 1;
      const line = published.line(legacy);
      if (spoiling === 'half') {
        channel.offer(frame(line.slice(0, line.length / 2)));
        channel.cut();
      }
      continue;
    }
    const whole = (frames[legacy ? 1 : 0] ??= frameLine(published.line(legacy)));
    if (!channel.offer(whole)) losers += 1;
  }
  return losers;
}

function heard<T>(ears: Set<T>, ear: T): () => void {
  ears.add(ear);
  return () => void ears.delete(ear);
}

/** `legacy`: what callers get who name no API version, with the fields dropped by 1.52. */
export function createHub(clock: Clock, legacy: boolean): Hub {
  const ring = createRing();
  const listeners = new Set<Listener>();
  const ears = new Set<(line: string) => void>();
  const mourners = new Set<(line: string) => void>();
  const held: EngineEvent[] = [];
  let published = 0;
  let untold = 0;
  let gone = 0;
  let spoiling: { readonly how: Spoiling; left: number } | undefined;
  let mode: 'live' | 'hold' | 'drop' = 'live';
  let changed = (): void => undefined;

  const file = (run: EventRun): void => {
    published += run.count;
    ring.push(run);
    for (const hear of ears) for (let i = 0; i < run.count; i++) hear(run.at(i).line(legacy));
  };
  const publish = (event: EngineEvent): void => {
    if (mode === 'hold') held.push(event);
    if (mode === 'drop') untold += 1;
    if (mode !== 'live') return;
    const one = publishedEvent(event, event.timeNano ?? clock.next());
    file({ count: 1, at: () => one });
    const how = spoiled();
    const losers = deliver(one, listeners, how);
    if (how !== undefined) gone += losers;
    for (let i = 0; i < losers; i++) for (const hear of mourners) hear(one.line(legacy));
  };

  const spoiled = (): Spoiling | undefined => {
    if (spoiling === undefined || spoiling.left === 0) return undefined;
    spoiling.left -= 1;
    return spoiling.how;
  };

  return {
    publish,
    file,
    replay: ring.replay,
    listeners,
    subscribe: (listener) => {
      listeners.add(listener);
      changed();
    },
    unsubscribe: (listener) => {
      if (listeners.delete(listener)) gone += listener.channel.skipped();
      changed();
    },
    onChange: (callback) => {
      changed = callback;
    },
    onLine: (callback) => heard(ears, callback),
    onSkipped: (callback) => heard(mourners, callback),
    published: () => published,
    untold: () => untold,
    skipped: () => [...listeners].reduce((sum, { channel }) => sum + channel.skipped(), gone),
    mode: (next) => {
      mode = next;
      if (mode === 'live') held.splice(0).forEach(publish);
    },
    forget: ring.clear,
    spoil: (how, left) => {
      spoiling = { how, left };
    },
  };
}
