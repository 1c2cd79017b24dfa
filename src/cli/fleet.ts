import type { Run, RunResult } from '../core/run.ts';
import type { Pipeline } from '../core/types.ts';
import { keepServers } from '../http/open-http.ts';
import type { LoadedFile } from './load.ts';
import { whenAtWork } from './when-at-work.ts';

export interface FleetOptions {
  readonly start: (pipeline: Pipeline, stop: AbortSignal) => Run;
  /** Stops all of them. */
  readonly stop: AbortSignal;
  /** Hears of each that is over. */
  readonly ended: (run: Run, result: RunResult) => void;
  /** Hears of each whose place is about to be taken, once it is over. */
  readonly replaced: (run: Run, result: RunResult) => void;
}

/** The runs of a process: those of a file may give way to others. */
export interface Fleet {
  /** Those whose place nobody has taken, under way or over, in the order of their files. */
  readonly runs: () => readonly Run[];
  /** The one of this name, while it is under way. */
  readonly find: (pipeline: string) => Run | undefined;
  /** Begins the runs of a file. */
  readonly begin: (file: LoadedFile) => void;
  /**
   * Begins the runs of a file that has changed. Those it had are stopped before, and have drained: what one leaves is there
   * for the next. Settles when they are at work; to false where one has failed before.
   */
  readonly replace: (file: LoadedFile) => Promise<boolean>;
  /** Hears that `find` may answer otherwise; returns how to stop. While runs give way to others it is not told. */
  readonly onChange: (listener: () => void) => () => void;
  /** Settles once all are over. */
  readonly results: () => Promise<readonly RunResult[]>;
}

interface Member {
  readonly run: Run;
  readonly stop: AbortController;
  isOver: boolean;
}

export function createFleet({ start, stop, ended, replaced }: FleetOptions): Fleet {
  const members = new Map<string, readonly Member[]>();
  const listeners = new Set<() => void>();
  const all = (): readonly Member[] => [...members.values()].flat();
  let isChanging = false;
  const changed = (): void => {
    if (!isChanging) for (const listener of [...listeners]) listener();
  };

  const enlist = (pipeline: Pipeline): Member => {
    const own = new AbortController();
    const run = start(pipeline, AbortSignal.any([stop, own.signal]));
    const member: Member = { run, stop: own, isOver: false };
    void run.done.then((result) => {
      member.isOver = true;
      ended(run, result);
      changed();
    });
    return member;
  };
  const disband = async (path: string): Promise<void> => {
    const former = members.get(path) ?? [];
    for (const member of former) member.stop.abort();
    for (const { run } of former) replaced(run, await run.done);
  };
  const begin = ({ path, pipelines }: LoadedFile): readonly Run[] => {
    const latest = pipelines.map(enlist);
    members.set(path, latest);
    return latest.map(({ run }) => run);
  };
  return {
    runs: () => all().map(({ run }) => run),
    find: (pipeline) => all().find(({ run, isOver }) => run.pipeline === pipeline && !isOver)?.run,
    begin,
    async replace(file) {
      const letGo = await keepServers();
      isChanging = true;
      await disband(file.path);
      const runs = begin(file);
      isChanging = false;
      changed();
      const areWell = await Promise.all(runs.map(whenAtWork));
      await letGo();
      return areWell.every(Boolean);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    results: () => Promise.all(all().map(({ run }) => run.done)),
  };
}
