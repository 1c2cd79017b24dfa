import { from, Subject, type Observable, type OperatorFunction } from 'rxjs';
import { openCheckpoints } from '../../src/core/checkpoints.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { audit, type Imbalance } from '../../src/core/audit.ts';
import type { Json, StageCounters } from '../../src/core/types.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { capturedLines } from '../captures.ts';
import { sinkOf } from '../core/sinks.ts';

const DAY = Date.UTC(2026, 10, 22);

/** RFC 3339 of a second of the day that these tests are set in. */
export const timeAt = (second: number): string => new Date(DAY + second * 1000).toISOString();

/** An event of a container, at a second. */
export function containerEvent(second: number, action: string, own: Partial<DockerEvent> = {}): DockerEvent {
  const { id = 'c1', attributes } = own;
  return {
    kind: 'docker-event',
    host: 'engine-1',
    time: timeAt(second),
    timeNano: `${DAY + second * 1000}000000`,
    type: 'container',
    action,
    scope: 'local',
    ...own,
    id,
    attributes: { name: `name-of-${id}`, image: 'busybox', ...attributes },
  };
}

/** The facts of a container, as they were told at a second. */
export function factsAt(second: number, own: Partial<ContainerFacts> = {}): ContainerFacts {
  return {
    kind: 'container-facts',
    host: 'engine-1',
    engine: 'docker',
    time: timeAt(second),
    container: { id: 'c1', name: 'name-of-c1', image: 'busybox', imageId: '', labels: {} },
    state: 'running',
    health: 'none',
    oomKilled: false,
    restartCount: 0,
    cgroup: '/docker/c1',
    limits: {
      ...{ cpuPeriod: 100_000, cpuQuota: 0, cpuShares: 1_024, pids: 0 },
      ...{ memory: 0, memoryReservation: 0, memorySwap: 0 },
    },
    ...own,
  };
}

/** A line that a container wrote at a second. */
export function lineAt(
  second: number,
  text: string,
  { id = 'c1', ...own }: Partial<LogLine> & { readonly id?: string } = {},
): LogLine {
  return {
    kind: 'log-line',
    host: 'engine-1',
    time: timeAt(second),
    container: { id, name: `name-of-${id}`, image: 'busybox', imageId: '', labels: {} },
    stream: 'stdout',
    text,
    ...own,
  };
}

export const about = (id = 'c1'): object => ({
  host: 'engine-1',
  container: { id, name: `name-of-${id}`, image: 'busybox' },
});

/** The events of a recording, as `dockerEvents` makes them, but for the exit it asks the engine for. */
export function recordedEvents(path: string): readonly DockerEvent[] {
  const parse = dockerEventParser({ host: 'engine-1', simulated: false, labels: [], execCommands: 'redact' });
  return capturedLines(path).map(parse);
}

export function all<R>(source: Observable<R>): R[] {
  const out: R[] = [];
  source.subscribe((record) => out.push(record));
  return out;
}

/** What an operator makes of records that all come at once. */
export const emittedOf = <T, R>(records: readonly T[], operator: OperatorFunction<T, R>): R[] =>
  all(from(records).pipe(operator));

/** The records of one kind among others. */
export const ofKind = <R extends { readonly kind: string }, K extends R['kind']>(
  records: readonly R[],
  kind: K,
): readonly Extract<R, { readonly kind: K }>[] =>
  records.filter((record): record is Extract<R, { readonly kind: K }> => record.kind === kind);

/** The books of an operator behind which nothing is lost, after its source has ended, and what does not balance. */
export async function booksOf<T>(
  records: readonly T[],
  operator: OperatorFunction<T, unknown>,
): Promise<{ readonly stage: StageCounters; readonly imbalances: readonly Imbalance[] }> {
  const run = runPipeline(pipeline('books', from(records), operator, sinkOf<unknown>()));
  const { stages } = await run.done;
  return { stage: stages[1]!, imbalances: audit(stages) };
}

/** What comes out of a second run that goes on from the checkpoint of the first, which was killed behind it. */
export async function afterRestart<T, R>(
  make: () => OperatorFunction<T, R>,
  before: readonly T[],
  after: readonly T[],
): Promise<readonly R[]> {
  let saved: Json | undefined;
  const runOf = async (records: readonly T[]): Promise<readonly R[]> => {
    const store = {
      place: 'memory',
      load: () => Promise.resolve(saved),
      save: (checkpoint: Json) =>
        Promise.resolve(void (saved = JSON.parse(JSON.stringify(checkpoint)) as Json)),
      close: () => Promise.resolve(),
    };
    const checkpoints = await openCheckpoints(store, new Map());
    const source = new Subject<T>();
    const out: R[] = [];
    const subscription = checkpoints.within(() =>
      source.pipe(make()).subscribe((record) => out.push(record)),
    );
    for (const record of records) source.next(record);
    await checkpoints.take();
    subscription.unsubscribe();
    return out;
  };
  await runOf(before);
  return await runOf(after);
}
