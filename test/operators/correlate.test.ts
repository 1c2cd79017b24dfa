import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../src/core/errors.ts';
import { correlate, type CorrelateOptions } from '../../src/operators/correlate.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Incident } from '../../src/records/lifecycle.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { derive } from '../../src/operators/derive.ts';
import { recordsOf } from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import { about, booksOf, containerEvent, emittedOf, recordedEvents, timeAt, lineAt } from './lifecycle.ts';

type In = DockerEvent | ContainerStats | LogLine;
type Found = Incident<LogLine>;

const line = (second: number, text = `at ${second}`, id = 'c1'): LogLine => lineAt(second, text, { id });
const [base] = recordsOf('docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson') as [ContainerStats];
const reading = (second: number, id = 'c1'): ContainerStats => ({
  ...base,
  host: 'engine-1',
  time: timeAt(second),
  container: { ...base.container, id },
});
const oom = (second: number, id = 'c1'): DockerEvent => containerEvent(second, 'oom', { id });
const die = (second: number, id = 'c1'): DockerEvent => containerEvent(second, 'die', { id });

const incidents = (records: readonly In[], options?: CorrelateOptions): readonly Found[] =>
  emittedOf(records, correlate<In>(options)).filter((record): record is Found => record.kind === 'incident');
const textsOf = (found: readonly Found[]): readonly (readonly string[])[] =>
  found.map(({ lines }) => lines.map(({ text }) => text));

const passed = { a: line(0), b: reading(1), c: containerEvent(2, 'start') };
operatorContract('correlate', { make: () => correlate<In>(), input: passed, output: passed });

describe('correlate', () => {
  it(
    'tells an incident once it has settled, by the clock where nothing comes, with what came late',
    marbles(({ hot, expectObservable }) => {
      const values = { l: line(0), d: die(0.01), m: line(0.005), n: line(0.012) };
      expectObservable(hot('-l-d-mn-----|', values).pipe(correlate({ settleMs: 5 }))).toBe(
        '                  -l-d-mn-I---|',
        {
          ...values,
          I: {
            kind: 'incident',
            ...about(),
            time: timeAt(0.01),
            events: [values.d],
            readings: [],
            lines: [values.l, values.m],
          },
        },
      );
    }),
  );

  it(
    'tells it before the first record of a later time, and at completion',
    marbles(({ hot, expectObservable }) => {
      const values = { l: line(0), d: die(1), m: line(1.999), n: line(2), e: die(3) };
      const incident = { kind: 'incident', ...about(), readings: [] };
      expectObservable(hot('-l-d-m-n---e-|', values).pipe(correlate({ settleMs: 1_000 }))).toBe(
        '-l-d-m-(In)e-(J|)',
        {
          ...values,
          I: { ...incident, time: timeAt(1), events: [values.d], lines: [values.l] },
          J: { ...incident, time: timeAt(3), events: [values.e], lines: [values.l, values.m, values.n] },
        },
      );
    }),
  );

  it(
    'tells nothing once nobody listens or the source has failed, and stops its timer',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const early = hot('-d---------|', { d: die(0) });
      expectObservable(early.pipe(correlate({ settleMs: 5 })), '---!').toBe('-d', { d: die(0) });
      expectSubscriptions(early.subscriptions).toBe('           ^--!');
      expectObservable(cold('-d-#', { d: die(0) }).pipe(correlate({ settleMs: 5 }))).toBe('-d-#', {
        d: die(0),
      });
    }),
  );

  it('attaches what is of this container, of the time before, and has the figures of the readings', () => {
    const [found] = incidents([
      line(9, 'too old'),
      line(10.001, 'old'),
      line(20, 'of another', 'c2'),
      { ...line(20, 'of another engine'), host: 'engine-2' },
      reading(9),
      reading(20),
      reading(21, 'c2'),
      die(40),
      line(40, 'last'),
      line(40.1, 'after'),
    ]);
    expect(textsOf([found!])).to.deep.equal([['old', 'last']]);
    const { derived } = emittedOf([base], derive())[0]!;
    expect(derived.memoryBytes).to.be.a('number');
    expect(found!.readings).to.deep.equal([{ time: timeAt(20), ...derived }]);
  });

  it('takes the rates that derive has made', () => {
    const derived = { cpuPercent: 42, memoryBytes: 7 };
    const [found] = incidents([{ ...reading(1), derived } as ContainerStats, die(2)]);
    expect(found!.readings).to.deep.equal([{ time: timeAt(1), ...derived }]);
  });

  it('makes one incident of what happens within a moment, and none of a repeated oom', () => {
    const events = (records: readonly In[]): unknown =>
      incidents(records).map((found) => found.events.map(({ action, time }) => [action, time]));
    expect(events([oom(0), oom(0.1), die(0.2), line(5)])).to.deep.equal([
      [
        ['oom', timeAt(0)],
        ['oom', timeAt(0.1)],
        ['die', timeAt(0.2)],
      ],
    ]);
    expect(events([oom(0), oom(5), oom(29), oom(35)])).to.deep.equal([
      [['oom', timeAt(0)]],
      [['oom', timeAt(35)]],
    ]);
    expect(events([oom(0), die(5), oom(8)])).to.deep.equal([
      [['oom', timeAt(0)]],
      [['die', timeAt(5)]],
      [['oom', timeAt(8)]],
    ]);
    const many = Array.from({ length: 40 }, () => oom(0));
    expect(incidents(many)[0]!.events).to.have.lengthOf(16);
  });

  it('takes the events it is told to, of containers', () => {
    const on = ({ action }: DockerEvent): boolean => action === 'pause';
    const events = [die(0), containerEvent(1, 'pause'), containerEvent(2, 'pause', { type: 'plugin' })];
    expect(incidents(events, { on }).map(({ time }) => time)).to.deep.equal([timeAt(1)]);
  });

  it('tells one for each end that the engine told, in a recording', () => {
    const events = recordedEvents('docker/events-scenario.docker-20.10-cgroupv1.ndjson');
    const found = incidents(events, { settleMs: 1 });
    const dies = events.filter(({ type, action }) => type === 'container' && action === 'die');
    const told = found.flatMap((one) => one.events).filter(({ action }) => action === 'die');
    expect(told).to.deep.equal(dies);
  });

  it('keeps no more lines, characters and readings than it may, and says where it is cut', () => {
    const lines = [0, 1, 2].map((second) => line(second, `line ${second}`));
    const last = (options: CorrelateOptions, records: readonly In[]): Found =>
      incidents([...records, die(3)], options)[0]!;
    expect(last({ maxLines: 3 }, lines)).not.to.have.property('cut');
    const two = last({ maxLines: 2 }, lines);
    expect([textsOf([two])[0], two.cut]).to.deep.equal([['line 1', 'line 2'], true]);
    const perLine = `line 0${timeAt(0)}engine-1log-linestdout`.length;
    expect(last({ maxChars: perLine * 2 }, lines).lines).to.have.lengthOf(2);
    expect(last({ maxChars: perLine * 2 - 1 }, lines).lines).to.have.lengthOf(1);
    const huge = last({}, [...lines, line(2.5, 'x'.repeat(70_000))]);
    expect([huge.lines, huge.cut]).to.deep.equal([[], true]);
    const read = last({ maxReadings: 1 }, [reading(0), reading(1)]);
    expect([read.readings.map(({ time }) => time), read.cut]).to.deep.equal([[timeAt(1)], true]);
    // What was given up was too old anyway.
    expect(last({ maxLines: 1, lastMs: 2_000 }, lines.slice(1))).not.to.have.property('cut');
  });

  it('keeps something of no more containers than it may, and tells early where too many wait', () => {
    const ids = ['c1', 'c2', 'c3'];
    const written = ids.map((id) => line(0, id, id));
    const found = incidents([...written, ...[...ids].reverse().map((id) => die(1, id))], {
      maxContainers: 2,
    });
    expect(found.map(({ container }) => container.id)).to.deep.equal(['c3', 'c2', 'c1']);
    expect(textsOf(found)).to.deep.equal([['c3'], ['c2'], []]);
  });

  it('passes on all else', () => {
    const others = [null, 7, { kind: 'gap' }, { host: 'engine-1' }];
    expect(emittedOf(others, correlate<unknown>())).to.deep.equal(others);
  });

  it('counts what it adds', async () => {
    const { stage, imbalances } = await booksOf([line(0), die(1)], correlate<In>());
    expect(stage).to.include({ received: 2, added: 1, delivered: 3, inFlight: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('attaches what a search through all lines says', () => {
    const step = fc.record({ gap: fc.integer({ min: 1, max: 20 }), dies: fc.boolean(), other: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let second = 0;
        const records = steps.map(({ gap, dies, other }): In => {
          const id = other ? 'c2' : 'c1';
          second += gap;
          return dies ? die(second, id) : line(second, String(second), id);
        });
        const expected = records.filter(isEvent).map((event) =>
          records
            .filter((one): one is LogLine => one.kind === 'log-line' && one.container.id === event.id)
            .filter(({ time }) => {
              const before = Date.parse(event.time) - Date.parse(time);
              return before >= 0 && before < 30_000;
            })
            .map(({ text }) => text),
        );
        expect(textsOf(incidents(records, { settleMs: 1_000 }))).to.deep.equal(expected);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => correlate({ lastMs: 0 })).to.throw(
      PipelineError,
      'correlate: lastMs must be a number above 0, not 0',
    );
  });
});

const isEvent = (record: In): record is DockerEvent => record.kind === 'docker-event';
