import { expect } from 'chai';
import { map, of, pipe, type Observable, type OperatorFunction } from 'rxjs';
import { countBy, type Counted, type WindowCount } from '../../src/operators/count-by.ts';
import { dedupe } from '../../src/operators/dedupe.ts';
import { derive } from '../../src/operators/derive.ts';
import { flattenEvent, type FlatEvent, type FlatGap } from '../../src/operators/flatten-event.ts';
import { flattenLog, type FlatLog } from '../../src/operators/flatten-log.ts';
import { flattenStats, type FlatStats } from '../../src/operators/flatten-stats.ts';
import { flatten, type FlatRecord } from '../../src/operators/flatten.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { LogLine } from '../../src/records/log-line.ts';

/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unnecessary-type-parameters -- wrong on purpose */

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `exactly<number>()(value)` compiles when the value is a number, neither more nor less. */
const exactly =
  <T>() =>
  <U>(value: Same<T, U> extends true ? U : never): unknown =>
    value;

/** Never called: the compiler is the test, and says so when an expected error is missing. */
export function compiles(
  stats: Observable<ContainerStats>,
  events: Observable<DockerEvent>,
  lines: Observable<LogLine>,
): void {
  const derived = stats.pipe(derive(), flattenStats());
  exactly<Observable<FlatStats>>()(derived);
  derived.pipe(
    map((fields) => {
      exactly<number>()(fields.cpu_total_usage);
      exactly<number | undefined>()(fields.memory_usage);
      exactly<number | undefined>()(fields['network_eth0_rx_bytes']);
      exactly<string | undefined>()(fields['label_a']);
      // @ts-expect-error no such field
      return fields.cpu;
    }),
  );
  // @ts-expect-error a flat record is read only
  derived.subscribe((fields) => (fields.host = 'x'));
  // @ts-expect-error events are no readings
  events.pipe(flattenStats());
  // @ts-expect-error readings are no events
  stats.pipe(flattenEvent());
  // @ts-expect-error flat readings cannot be derived from
  stats.pipe(flattenStats(), derive());

  stats.pipe(
    derive({ maxContainers: 10 }),
    map(({ derived: { cpuPercent }, container }) => {
      exactly<number | undefined>()(cpuPercent);
      return container.name;
    }),
  );
  // @ts-expect-error there is no such option
  derive({ maxContainer: 10 });

  const flat = events.pipe(flattenEvent());
  exactly<Observable<FlatEvent | FlatGap>>()(flat);

  exactly<Observable<FlatLog | FlatGap>>()(lines.pipe(flattenLog()));
  // @ts-expect-error events are no lines of logs
  events.pipe(flattenLog());

  // What is counted is known from what stands before; label names are kept.
  const totals = events.pipe(countBy({ labels: ({ host, action }) => ({ host, action }) }));
  exactly<Observable<Counted<{ host: string; action: string }>>>()(totals);
  totals.pipe(
    map(({ labels, count }) => {
      exactly<string>()(labels.action);
      exactly<number>()(count);
      // @ts-expect-error no such label
      return labels.image;
    }),
  );
  const windows = events.pipe(countBy({ labels: ({ type }) => ({ type }), windowMs: 60_000 }));
  exactly<Observable<WindowCount<{ type: string }>>>()(windows);
  // @ts-expect-error only windows have an end
  totals.pipe(map(({ end }) => end));
  // @ts-expect-error timeOf serves windows only
  events.pipe(countBy({ labels: ({ type }) => ({ type }), timeOf: () => 0 }));
  // @ts-expect-error a label is no object
  events.pipe(countBy({ labels: ({ attributes }) => ({ attributes }) }));

  const same = events.pipe(dedupe({ key: ({ timeNano }) => timeNano, version: ({ action }) => action }));
  exactly<Observable<DockerEvent>>()(same);
  // @ts-expect-error an object is no key: no two are the same
  events.pipe(dedupe({ key: ({ attributes }) => attributes }));
  // @ts-expect-error dedupe has to know by what
  dedupe({});

  const any = events.pipe(flatten({ separator: '.' }));
  exactly<Observable<FlatRecord>>()(any);
  // @ts-expect-error there is nothing to flatten in a number
  of(1).pipe(flatten());

  const composed: OperatorFunction<ContainerStats, FlatStats> = pipe(
    dedupe<ContainerStats>({ key: ({ container }) => container.id, version: ({ time }) => time }),
    derive(),
    flattenStats(),
  );
  stats.pipe(composed);
}

describe('the types of the operators', () => {
  it('are held by the compiler', () => expect(compiles).to.be.a('function'));
});
