import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { bufferCount, filter, map, of, pipe, scan, take, tap } from 'rxjs';
import { from, pipeline } from '../../src/core/pipeline.ts';
import type { Pipeline, Sink, Source } from '../../src/core/types.ts';
import { prometheus } from '../../src/sinks/prometheus.ts';
import { counter } from '../../src/sinks/prometheus/counter.ts';
import { readings } from '../../src/sinks/prometheus/readings.ts';
import { sinkOf } from '../core/sinks.ts';

interface Event {
  readonly kind: 'event';
  readonly action: string;
}
interface Sample {
  readonly kind: 'sample';
  readonly bytes: number;
}

const events: Source<Event> = of({ kind: 'event', action: 'die' } as const);
const samples: Source<Sample> = of({ kind: 'sample', bytes: 1 } as const);
const toEvents: Sink<Event> = sinkOf<Event>();
const toSamples: Sink<Sample> = sinkOf<Sample>();
const toNumbers: Sink<number> = sinkOf();
const toAnything: Sink<unknown> = sinkOf<unknown>();

const actionOf = map(({ action }: Event) => action);
const bytesOf = map(({ bytes }: Sample) => bytes);

const isPipeline = (made: Pipeline): unknown => expect(made.sinks.length).to.be.greaterThan(0);

describe('the types of a pipeline', () => {
  it('flow from the source through the operators to the sinks', () => {
    isPipeline(pipeline('plain', events, toEvents));
    isPipeline(
      pipeline(
        'through',
        samples,
        filter(({ bytes }) => bytes > 0),
        map(({ bytes }) => bytes),
        toNumbers,
      ),
    );
    isPipeline(pipeline('anything', events, toAnything));
    isPipeline(pipeline('several', events, [toEvents, toAnything]));
  });

  it('refuse to do without a sink', () => {
    // @ts-expect-error: there is no sink
    expect(() => pipeline('none', events)).to.throw('has no sink');
    // @ts-expect-error: an operator is no sink
    pipeline('operator', events, take(1));
    // @ts-expect-error: an operator is no sink, also at the end of several
    pipeline('operators', events, take(1), actionOf);
  });

  it('refuse a sink for other records', () => {
    // @ts-expect-error: it is a sink of samples
    pipeline('other', events, toSamples);
    // @ts-expect-error: the operator makes numbers
    pipeline('made', samples, bytesOf, toSamples);
    // @ts-expect-error: one of the sinks is of samples
    pipeline('one-of', events, [toEvents, toSamples]);
  });

  it('refuse operators that read what a record has not', () => {
    pipeline(
      'field',
      events,
      // @ts-expect-error: an event has no bytes
      filter((event) => event.bytes > 0),
      toEvents,
    );
    pipeline(
      'made',
      samples,
      bytesOf,
      // @ts-expect-error: a number has no kind
      filter((bytes) => bytes.kind !== ''),
      toNumbers,
    );
    // @ts-expect-error: it is an operator for other records
    pipeline('operator', events, bytesOf, toNumbers);
  });

  it('make a union of several sources', () => {
    const either: Source<Event | Sample> = from(events, samples);
    isPipeline(pipeline('union', either, toAnything));
    isPipeline(
      pipeline(
        'narrowed',
        from(events, samples),
        filter((record): record is Event => record.kind === 'event'),
        toEvents,
      ),
    );
    isPipeline(pipeline('nested', from(from(events), samples), sinkOf<Event | Sample>()));
    // @ts-expect-error: the sink takes events only
    pipeline('not-both', from(events, samples), toEvents);
    // @ts-expect-error: samples have no action
    pipeline('not-in-both', from(events, samples), actionOf, toAnything);
  });

  it('take a composed sink for a branch', () => {
    const deaths = pipe(
      filter(({ action }: Event) => action === 'die'),
      toEvents,
    );
    isPipeline(pipeline('branches', events, [deaths, toAnything]));
    // @ts-expect-error: the branch reads samples
    pipeline('other-branch', events, [pipe(bytesOf, toNumbers)]);
    // @ts-expect-error: the branch makes texts of what its sink wants as numbers
    expect(pipe(actionOf, toNumbers)).to.be.a('function');
  });

  it('reach the labels of metrics', () => {
    const named = { name: 'x_total', help: 'X.' };
    const bytes = { name: 'x_bytes', help: 'X.', type: 'gauge' } as const;
    isPipeline(
      pipeline(
        'metrics',
        from(events, samples),
        prometheus({
          metrics: [
            counter({
              ...named,
              labels: (record) => (record.kind === 'event' ? { action: record.action } : undefined),
            }),
            readings({
              of: (record) => record.kind === 'sample',
              key: ({ kind }) => kind,
              labels: () => ({}),
              metrics: [{ ...bytes, read: (sample) => sample.bytes }],
            }),
          ],
        }),
      ),
    );
    const ofEvents: Sink<Event> = prometheus({
      metrics: [counter({ ...named, labels: ({ action }) => ({ action }) })],
    });
    // @ts-expect-error: its labels are of events
    pipeline('other', samples, ofEvents);
    // @ts-expect-error: a label is no object
    counter({ ...named, labels: (event: Event) => ({ event }) });
  });

  it('take up to nine operators', () => {
    const plus = map((n: number) => n + 1);
    isPipeline(
      pipeline(
        'nine',
        samples,
        map(({ bytes }) => bytes),
        scan((sum, bytes) => sum + bytes, 0),
        filter((sum) => sum > 0),
        bufferCount(10),
        map((sums) => sums.length),
        tap((count) => count.toFixed()),
        map((count) => ({ count })),
        take(5),
        map(({ count }) => count),
        toNumbers,
      ),
    );
    // @ts-expect-error: ten operators
    pipeline('ten', of(1), plus, plus, plus, plus, plus, plus, plus, plus, plus, plus, toNumbers);
  });

  it('refuse a name that is none', () => {
    // @ts-expect-error: there is no name
    expect(() => pipeline(7, events, toEvents)).to.throw('name');
  });

  it('are what the compiler makes of this file', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const compiler = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
    const args = ['-p', 'test/types', '--noEmit'];
    const errors = await promisify(execFile)(compiler, args, { cwd: root }).then(
      () => '',
      (failure: unknown) => (failure as { readonly stdout: string }).stdout,
    );
    expect(errors).to.equal('');
  }).timeout(120_000);
});
