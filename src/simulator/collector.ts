import { frameLine, type Channel } from './channel.ts';
import type { Clock } from './clock.ts';
import { advance } from './load.ts';
import type { EngineProfile } from './profile.ts';
import { readContainer, statsLine, type Reading } from './stats-line.ts';
import type { Container } from './types.ts';

/** Who reads a container. */
export interface Reader {
  readonly reading: (reading: Reading) => void;
  readonly removed: () => void;
}

/** One loop for all containers, as in the engine: it runs only while somebody reads. */
export interface Collector {
  /** a reading now, outside the loop */
  readonly read: (container: Container) => Reading;
  /** calls the reader at each tick; the very first reader starts the loop with a tick at once. Returns the way out */
  readonly subscribe: (container: Container, reader: Reader) => () => void;
  readonly remove: (container: Container) => void;
  readonly pause: () => void;
  readonly resume: () => void;
}

export function createCollector(profile: EngineProfile, clock: Clock, everyMs: number): Collector {
  const readers = new Map<Container, Set<Reader>>();
  let timer: NodeJS.Timeout | undefined;
  let first: NodeJS.Immediate | undefined;
  let paused = false;

  const read = (container: Container): Reading => {
    advance(container, clock.now());
    return readContainer(container, clock.bootNano(), profile.cgroup);
  };
  const tick = (): void => {
    for (const [container, set] of readers) {
      const reading = read(container);
      for (const reader of set) reader.reading(reading);
    }
  };
  const halt = (): void => {
    clearInterval(timer);
    clearImmediate(first);
    timer = undefined;
  };
  const run = (): void => {
    if (timer !== undefined || paused || readers.size === 0) return;
    timer = setInterval(tick, everyMs);
    first = setImmediate(tick);
  };
  const leave = (container: Container, set: Set<Reader>, reader: Reader): void => {
    set.delete(reader);
    if (set.size === 0 && readers.get(container) === set) readers.delete(container);
    if (readers.size === 0) halt();
  };

  return {
    read,
    subscribe: (container, reader) => {
      const set = readers.get(container) ?? new Set<Reader>();
      set.add(reader);
      readers.set(container, set);
      run();
      return () => leave(container, set, reader);
    },
    remove: (container) => {
      const set = readers.get(container) ?? [];
      readers.delete(container);
      for (const reader of set) reader.removed();
      if (readers.size === 0) halt();
    },
    pause: () => {
      paused = true;
      halt();
    },
    resume: () => {
      paused = false;
      run();
    },
  };
}

/** Writes the readings of one stream; each line carries the reading before it on that stream. */
export function statsWriter(channel: Channel, profile: EngineProfile): (reading: Reading) => void {
  let previous: Reading | undefined;
  return (reading) => {
    channel.offer(frameLine(statsLine(reading, { previous, named: true }, profile)));
    previous = reading;
  };
}
