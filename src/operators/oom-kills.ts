import { asyncScheduler, Observable, type OperatorFunction, type Subscription } from 'rxjs';
import { checkOptions, positive } from '../core/check-options.ts';
import { joinCheckpoints } from '../core/checkpoints.ts';
import { defineOperator } from '../core/define-operator.ts';
import type { Json, OperatorCounts } from '../core/types.ts';
import type { Gap } from '../records/gap.ts';
import type { OomKill } from '../records/oom-kill.ts';
import { oomJoiner } from './oom-kills/joiner.ts';

/** Options of {@link oomKills}. */
export interface OomKillsOptions {
  /**
   * How far apart in time what is said of one kill may be, and how long a kill waits for all that is said of it, in ms.
   * Default 2,000.
   */
  readonly withinMs?: number;
}

/**
 * Processes killed for want of memory, each once, out of all that tells of them: Docker's events (`oom`, and `die` with
 * what the engine says of the exit), `kernelOom`, `cadvisorEvents` and `cgroupEvents`, any of these together.
 *
 * A kill is what the kernel counts as one in `oom_kill` of memory.events. None of the sources has all of them: Docker's
 * `oom` comes late, once for several, or never; the kernel leaves out the reports of all but ten in five seconds, and
 * so which container it was; a container's memory.events vanish with it. Of two sources one kill is made where nothing
 * speaks against it; what fits no other is a kill of its own. A `die` counts by the engine's word that something was
 * killed, where nothing else told so since its start; exit code 137 alone does not. Where nothing tells the container
 * of a kill, it is one that ended by SIGKILL at that moment, or the only one with kills like it: marked `isInferred`.
 *
 * Emits one {@link OomKill} a kill, `withinMs` after the first that told of it, and at once at completion; a {@link Gap} at
 * once, as it came. All other records are left out. In a run with checkpoints what waits outlives the process.
 * Bounds: 1,024 kills that wait, 1,024 told ones and 2,048 containers remembered.
 * Loss: on an error what waits, in a run without checkpoints.
 * Not right: kills of one moment in several containers may get each other's process where the kernel left out its
 * reports; with cgroup v1 Docker tells an `oom` for each container below the cgroup whose limit was hit; all sources are
 * taken to be of one machine.
 *
 * @example pipeline('oom', from(dockerEvents(), kernelOom({ optional: true })), oomKills(), console())
 */
export function oomKills(options: OomKillsOptions = {}): OperatorFunction<unknown, OomKill | Gap> {
  checkOptions('oomKills', options, { withinMs: positive });
  const { withinMs = 2_000 } = options;
  return defineOperator(function oomKills(records: Observable<unknown>, counts) {
    return new Observable<OomKill | Gap>((out) => {
      const waiting = waitingKills(withinMs, counts, (kill) => out.next(kill));
      out.add(waiting.stop);
      out.add(
        records.subscribe({
          next: (record) => {
            if (isGap(record)) out.next(record);
            else waiting.take(record);
          },
          error: (error: unknown) => out.error(error),
          complete: () => {
            waiting.tellAll();
            out.complete();
          },
        }),
      );
    });
  });
}

const isGap = (record: unknown): record is Gap => (record as Partial<Gap> | null)?.kind === 'gap';

/** Holds each kill so long, by RxJS's clock: nothing else may ever come. */
function waitingKills(withinMs: number, counts: OperatorCounts, emit: (kill: OomKill) => void) {
  const joiner = oomJoiner(withinMs);
  let timer: Subscription | undefined;
  let isOver = false;

  const tell = (nowMs: number): void => {
    const { kills, joined } = joiner.tell(nowMs);
    counts.held -= joined;
    counts.aggregated += joined;
    for (const kill of kills) {
      counts.held -= 1;
      emit(kill);
    }
  };
  /** Tells what is due, and sees to it that the next one is told in time. */
  const wake = (): void => {
    timer?.unsubscribe();
    timer = undefined;
    const nowMs = asyncScheduler.now();
    tell(nowMs);
    const nextMs = joiner.nextMs();
    if (nextMs !== undefined && !isOver) timer = asyncScheduler.schedule(wake, nextMs - nowMs);
  };
  const hold = (kills: number): void => {
    counts.held += kills;
    if (timer === undefined || joiner.nextMs() === -Infinity) wake();
  };
  const dueMs = (): number => asyncScheduler.now() + withinMs;

  const kept = joinCheckpoints('oomKills', { snapshot: (): Json => joiner.read() })?.restored;
  if (kept !== undefined) hold(joiner.restore(kept, dueMs()));
  return {
    /** A record makes no kill, one, or several: a reading of memory.events. */
    take(record: unknown): void {
      const { made, isEvidence } = joiner.take(record, dueMs());
      if (!isEvidence) counts.filtered += 1;
      else if (made === 0) counts.aggregated += 1;
      else counts.added += made - 1;
      if (made > 0) hold(made);
    },
    tellAll: () => tell(Infinity),
    stop: (): void => {
      isOver = true;
      timer?.unsubscribe();
    },
  };
}
