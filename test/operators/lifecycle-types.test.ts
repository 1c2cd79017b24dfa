import { expect } from 'chai';
import { filter, map, type Observable } from 'rxjs';
import { from, pipeline } from '../../src/core/pipeline.ts';
import type { Source } from '../../src/core/types.ts';
import { correlate } from '../../src/operators/correlate.ts';
import { crashLoop } from '../../src/operators/crash-loop.ts';
import { derive } from '../../src/operators/derive.ts';
import { enrich } from '../../src/operators/enrich.ts';
import { flap } from '../../src/operators/flap.ts';
import { limitSeries } from '../../src/operators/limit-series.ts';
import { rate } from '../../src/operators/rate.ts';
import { redact } from '../../src/operators/redact.ts';
import { sampleBy } from '../../src/operators/sample-by.ts';
import { sessionize } from '../../src/operators/sessionize.ts';
import { throttleBy } from '../../src/operators/throttle-by.ts';
import { topK } from '../../src/operators/top-k.ts';
import { unhealthyFor } from '../../src/operators/unhealthy-for.ts';
import { windowBy } from '../../src/operators/window-by.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import type { CrashLoop, Flap, Session, Unhealthy } from '../../src/records/lifecycle.ts';
import { sinkOf } from '../core/sinks.ts';

/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unnecessary-type-parameters -- wrong on purpose */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `exactly<number>()(value)` compiles when the value is a number, neither more nor less. */
const exactly =
  <T>() =>
  <U>(value: Same<T, U> extends true ? U : never): unknown =>
    value;

interface Facts extends ContainerFacts {
  readonly env: readonly string[];
}
/** Never called: the compiler is the test, and says so when an expected error is missing. */
export function compiles(
  stats: Observable<ContainerStats>,
  events: Observable<DockerEvent | Gap>,
  mixed: Observable<DockerEvent | Facts | LogLine>,
): void {
  // What comes in flows through, and what was found is told apart by its kind.
  exactly<Observable<DockerEvent | Gap | CrashLoop>>()(events.pipe(crashLoop()));
  exactly<Observable<DockerEvent | Gap | CrashLoop | Flap | Unhealthy | Session>>()(
    events.pipe(crashLoop(), flap({ changes: 3 }), unhealthyFor({ forMs: 1_000 }), sessionize()),
  );
  events.pipe(
    sessionize(),
    filter((record) => record.kind === 'session'),
    map((record) => {
      exactly<Session>()(record);
      // @ts-expect-error it may not be known
      return record.durationSeconds.toFixed();
    }),
  );
  crashLoop<DockerEvent>({ key: ({ attributes }) => attributes['team'] ?? '' });
  // @ts-expect-error a key is a text
  crashLoop({ key: ({ attributes }) => attributes });
  // @ts-expect-error there is no such option
  unhealthyFor({ afterMs: 10 });

  stats.pipe(
    rate({
      key: ({ container }) => container.id,
      counters: { cpu: (r) => r.stats.cpu_stats.cpu_usage.total_usage },
    }),
    map(({ rates, container }) => {
      exactly<number | undefined>()(rates.cpu);
      // @ts-expect-error no such counter
      return [container.name, rates.memory];
    }),
  );
  // @ts-expect-error a counter is a number
  stats.pipe(rate({ key: () => '', counters: { cpu: ({ time }) => time } }));

  const windows = stats.pipe(
    windowBy({
      labels: ({ container }) => ({ name: container.name }),
      windowMs: 1_000,
      initial: 0,
      add: (most, record) => Math.max(most, record.stats.memory_stats.usage ?? 0),
    }),
  );
  windows.pipe(
    map(({ value, labels }) => {
      exactly<number>()(value);
      exactly<string>()(labels.name);
      // @ts-expect-error no such label
      return labels.image;
    }),
  );
  // @ts-expect-error what is added must be what it began with
  stats.pipe(windowBy({ labels: () => ({}), windowMs: 1, initial: 0, add: () => 'x' }));

  stats.pipe(
    derive(),
    topK({
      labels: ({ host }) => ({ host }),
      value: ({ derived }) => derived.cpuPercent,
      windowMs: 1_000,
      combine: 'mean',
    }),
    map(({ top }) => exactly<string | undefined>()(top[0]?.labels.host)),
  );
  // @ts-expect-error there is no such way to combine
  topK({ labels: () => ({}), value: () => 1, windowMs: 1, combine: 'min' });

  exactly<Observable<ContainerStats>>()(
    stats.pipe(
      throttleBy({ key: ({ container }) => container.id, everyMs: 1_000 }),
      sampleBy({ key: ({ container }) => container.id, share: 0.5 }),
      redact(),
    ),
  );

  stats.pipe(
    limitSeries({ labels: ({ host }) => ({ host }) }),
    map(({ labels, other, container }) => {
      exactly<string>()(labels.host);
      exactly<true | undefined>()(other);
      return container.id;
    }),
  );

  // What is attached is what the facts have, and what may be attached of it.
  mixed.pipe(
    enrich(),
    map(({ facts }) => {
      exactly<number | undefined>()(facts?.limits.memory);
      exactly<string | undefined>()(facts?.container.labels['team']);
      // @ts-expect-error env is never attached
      return facts?.env;
    }),
  );

  mixed.pipe(
    correlate(),
    filter((record) => record.kind === 'incident'),
    map(({ lines, readings, events: happened }) => {
      exactly<readonly LogLine[]>()(lines);
      exactly<number | undefined>()(readings[0]?.cpuPercent);
      exactly<readonly DockerEvent[]>()(happened);
      return lines[0]?.text;
    }),
  );

  // In a pipeline, too.
  const lives: Source<DockerEvent | Gap> = events;
  pipeline(
    'all',
    from(lives, stats),
    crashLoop(),
    sessionize(),
    correlate({ lastMs: 10_000 }),
    filter((record) => record.kind === 'crash-loop' || record.kind === 'incident'),
    map((record) => record.container.name),
    sinkOf<string>(),
  );
}

describe('the types of the life-cycle operators', () => {
  it('are held by the compiler', () => expect(compiles).to.be.a('function'));
});
