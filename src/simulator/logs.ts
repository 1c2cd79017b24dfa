import type { Clock } from './clock.ts';
import type { Container, LogEntry } from './types.ts';

/** Lines kept of each container. */
const keptLines = 1000;

export interface LogFollower {
  readonly line: (entry: LogEntry) => void;
  readonly end: () => void;
}

/** What containers print. */
export interface Logs {
  readonly write: (container: Container, text: string, stream: LogEntry['stream']) => void;
  readonly follow: (container: Container, follower: LogFollower) => () => void;
  /** the container stopped: followers get a clean end */
  readonly end: (container: Container) => void;
}

export function createLogs(clock: Clock): Logs {
  const followers = new Map<string, Set<LogFollower>>();
  return {
    write: (container, text, stream) => {
      const entry: LogEntry = { nano: clock.now(), stream, text };
      container.logs.push(entry);
      if (container.logs.length > keptLines) container.logs.shift();
      for (const { line } of followers.get(container.id) ?? []) line(entry);
    },
    follow: ({ id }, follower) => {
      const set = followers.get(id) ?? new Set<LogFollower>();
      set.add(follower);
      followers.set(id, set);
      return () => {
        set.delete(follower);
        if (set.size === 0 && followers.get(id) === set) followers.delete(id);
      };
    },
    end: ({ id }) => {
      const set = followers.get(id) ?? [];
      followers.delete(id);
      for (const { end } of set) end();
    },
  };
}
