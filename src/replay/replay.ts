import { patiently } from '../core/patience.ts';
import type { Run } from '../core/run.ts';
import type { Pipeline } from '../core/types.ts';
import { bell } from '../journal/bell.ts';
import { createInputs } from './inputs.ts';
import type { RecordingInfo } from './manifest.ts';
import { matchSources } from './match-sources.ts';
import { play } from './player.ts';
import { recordingInfo } from './read-recording.ts';
import { virtualTime } from './virtual-time.ts';

export interface ReplayOptions {
  readonly dir: string;
  /** How many times as fast as it was recorded: 1 as it was, `Infinity` as fast as the sinks take it. */
  readonly speed: number;
  /** So long, by the recording's time, what is under way may take behind its end. Then `stop` is called. */
  readonly drainMs: number;
  /** Stops the runs. */
  readonly stop: () => void;
  readonly tell: (message: string) => void;
}

export interface Replay {
  readonly info: RecordingInfo;
  /** The pipelines, each with what was recorded in place of its sources. */
  readonly pipelines: readonly Pipeline[];
  /** Runs them on the recording's time: `begin` runs each of them, without checkpoints. Called once. */
  readonly run: (begin: () => readonly Run[]) => readonly Run[];
}

/**
 * Opens a recording to run pipelines on it. Errors `CONFIG_INVALID` where there is none, or where a source of a pipeline
 * is not in it.
 *
 * What RxJS's operators see as time is the recording's. Timers that are due up to a record's arrival fire before it; when
 * time moves, all that promises have to do is done before. So what reaches the sinks is the same each time, at any
 * speed, of operators that ask no clock but RxJS's and wait for nothing outside of the process. While a sink is full
 * time stands still, and no queue drops anything.
 */
export async function openReplay(pipelines: readonly Pipeline[], options: ReplayOptions): Promise<Replay> {
  const { dir } = options;
  const info = await recordingInfo(dir);
  const wake = bell();
  const inputs = createInputs(`the recording ${dir}`, wake.ring);
  const replaced = pipelines.map((pipeline) => ({
    ...pipeline,
    sources: matchSources(pipeline, info, dir).map(({ name, number }) => inputs.add(name, number)),
  }));
  return {
    info,
    pipelines: replaced,
    run: (begin) => {
      const time = virtualTime(info.startedMs);
      return patiently(() =>
        time.within(() => {
          const runs = begin();
          let areDone = false;
          void Promise.all(runs.map(({ done }) => done)).then(() => {
            areDone = true;
            wake.ring();
          });
          void play({ ...options, info, inputs, time, bell: wake, isOver: () => areDone });
          return runs;
        }),
      );
    },
  };
}
