import type { Clock } from './clock.ts';
import { createLayout, numbered, type BatchLayout } from './firehose-layout.ts';
import { eventText } from './event-text.ts';
import type { Hub, Listener } from './hub.ts';
import { createRandom } from './random.ts';
import type { Container, EngineEvent } from './types.ts';

/**
 * Events as fast as they are read. All listeners get the same events, each exactly once, at the pace of the
 * slowest: nothing is skipped here. While nobody listens, nothing is published.
 */
export interface Firehose {
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Enough to exceed what a socket buffers in this process: then "open" means that the whole batch has left. */
const eventsPerBatch = 192;
const healthCommand = '/bin/sh -c wget -qO- http://127.0.0.1:8080/health || exit 1';

/** few, so that an event has some 650 bytes, as usual on real hosts */
const keptLabels = ['project', 'service', 'container-number', 'oneoff'].map(
  (label) => `com.docker.compose.${label}`,
);

/** The three events of a health check, over and over, for all the containers. */
function templates(containers: readonly Container[], seed: number): EngineEvent[] {
  const random = createRandom(seed, 'firehose');
  const triples = containers.slice(0, eventsPerBatch / 3).flatMap((container) => {
    const execID = random.hex(64);
    const { image, name, labels } = container.spec;
    const kept = Object.fromEntries(keptLabels.map((label) => [label, labels[label] ?? '']));
    const event = (action: string, extra: Readonly<Record<string, string>> = {}): EngineEvent => ({
      type: 'container',
      action,
      id: container.id,
      attributes: { execID, image, name, ...kept, ...extra },
    });
    return [
      event(`exec_create: ${healthCommand}`),
      event(`exec_start: ${healthCommand}`),
      event('exec_die', { exitCode: '0' }),
    ];
  });
  const idle: EngineEvent = { type: 'volume', action: 'create', id: 'load', attributes: { driver: 'local' } };
  const events = triples.length === 0 ? [idle] : triples;
  return Array.from({ length: eventsPerBatch }, (_, i) => events[i % events.length]!);
}

export interface FirehoseOptions {
  readonly containers: readonly Container[];
  readonly seed: number;
  /** stop after so many */
  readonly limit: number;
}

export function createFirehose(
  hub: Hub,
  clock: Clock,
  { containers, seed, limit }: FirehoseOptions,
): Firehose {
  const events = templates(containers, seed);
  const layouts: [BatchLayout | undefined, BatchLayout | undefined] = [undefined, undefined];
  const chosen = new WeakMap<Listener, readonly number[]>();
  let sequence = 0;
  let lastNano = 0n;
  let paused = false;
  let planned: NodeJS.Immediate | undefined;

  const layoutOf = (legacy: boolean): BatchLayout =>
    (layouts[legacy ? 1 : 0] ??= createLayout(events, legacy));
  const wantedBy = (listener: Listener): readonly number[] => {
    const known = chosen.get(listener);
    if (known !== undefined) return known;
    const indexes = events.flatMap((event, i) => (listener.wants?.(event) === false ? [] : [i]));
    chosen.set(listener, indexes);
    return indexes;
  };
  const send = (listener: Listener, { bytes, starts }: BatchLayout, count: number): void => {
    const { channel, wants } = listener;
    const frames = (): Buffer[] =>
      wantedBy(listener).flatMap((i) => (i < count ? [bytes.subarray(starts[i], starts[i + 1])] : []));
    const wanted = wants === undefined ? bytes.subarray(0, starts[count]) : Buffer.concat(frames());
    if (wanted.length > 0) channel.offer(wanted);
  };
  const nextNano = (): bigint => {
    const first = (clock.next(eventsPerBatch) / 1000n) * 1000n;
    lastNano = first > lastNano ? first : lastNano + 1000n;
    return lastNano;
  };
  const sendBatch = (): void => {
    const count = Math.min(eventsPerBatch, limit - sequence);
    const [first, nano] = [sequence, nextNano()];
    for (const legacy of new Set([...hub.listeners].map((listener) => listener.legacy))) {
      layoutOf(legacy).fill(count, first, nano);
    }
    sequence += count;
    hub.file({
      count,
      at: (i) => {
        const event = numbered(events[i]!, first + i);
        return {
          nano: nano + BigInt(i),
          event,
          line: (legacy) => eventText(event, nano + BigInt(i), legacy),
        };
      },
    });
    for (const listener of hub.listeners) send(listener, layoutOf(listener.legacy), count);
  };
  const pump = (): void => {
    planned = undefined;
    if (paused || hub.listeners.size === 0 || sequence >= limit) return;
    for (const { channel } of hub.listeners) {
      if (!channel.open()) return channel.whenOpen(plan);
    }
    sendBatch();
    plan();
  };
  const plan = (): void => {
    planned ??= setImmediate(pump);
  };
  hub.onChange(plan);

  return {
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      plan();
    },
  };
}
