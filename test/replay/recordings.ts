import { Subject } from 'rxjs';
import type { RecordingInfo } from '../../src/replay/manifest.ts';
import type { Recorded } from '../../src/replay/read-recording.ts';
import { recordingSink } from '../../src/replay/recording-sink.ts';
import type { Arrival } from '../../src/replay/recording-sink.ts';

/** Writes a recording as the recorder does, of what is given and with its times. */
export async function writeRecording(
  dir: string,
  info: RecordingInfo,
  recorded: Iterable<Recorded>,
): Promise<void> {
  const arrivals = new Subject<Arrival>();
  let nowMs = info.startedMs;
  let resume: (() => void) | undefined;
  const held = { isFull: false };
  const sink = recordingSink(
    { dir, full: () => undefined },
    () => info,
    () => nowMs,
  );
  const written = new Promise<void>((resolve, reject) => {
    sink(arrivals).subscribe({
      next({ type }) {
        if (type !== 'pause' && type !== 'resume') return;
        held.isFull = type === 'pause';
        resume?.();
      },
      error: reject,
      complete: resolve,
    });
  });
  for (const { source, atMs, record } of recorded) {
    if (held.isFull) await new Promise<void>((resolve) => (resume = resolve));
    nowMs = atMs;
    arrivals.next({ source, record });
  }
  arrivals.complete();
  await written;
}

/** A recording of one pipeline. */
export const infoOf = (
  startedMs: number,
  endedMs: number,
  sources: readonly string[],
  pipeline = 'p',
): RecordingInfo => ({
  dockrx: '0.0.0',
  startedMs,
  endedMs,
  sources: sources.map((name) => ({ pipeline, name })),
});
