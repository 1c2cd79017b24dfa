import { expect } from 'chai';
import fc from 'fast-check';
import type { OperatorFunction } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { flap, type FlapOptions } from '../../src/operators/flap.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Flap } from '../../src/records/lifecycle.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import {
  about,
  afterRestart,
  booksOf,
  containerEvent,
  emittedOf,
  ofKind,
  recordedEvents,
  timeAt,
} from './lifecycle.ts';

const health = (second: number, word: string, id = 'c1'): DockerEvent =>
  containerEvent(second, `health_status: ${word}`, { id });

const passed = { a: health(0, 'healthy'), b: health(1, 'unhealthy'), c: containerEvent(2, 'die') };
operatorContract('flap', { make: () => flap<DockerEvent>(), input: passed, output: passed });

const flaps = (events: readonly DockerEvent[], options?: FlapOptions): readonly Flap[] =>
  ofKind(emittedOf(events, flap<DockerEvent>(options)), 'flap');

const secondsOf = (found: readonly Flap[]): readonly number[] =>
  found.map(({ time }) => (Date.parse(time) - Date.parse(timeAt(0))) / 1000);

const UP = 'healthy';
const DOWN = 'unhealthy';

describe('flap', () => {
  it(
    'tells of it behind the change that makes it one',
    marbles(({ hot, expectObservable }) => {
      const values = { a: health(0, UP), b: health(10, DOWN), c: health(20, UP) };
      expectObservable(hot('-a-b-c----|', values).pipe(flap({ changes: 2 }))).toBe('-a-b-(cF)-|', {
        ...values,
        F: { kind: 'flap', ...about(), time: timeAt(20), since: timeAt(10), changes: 2, health: UP },
      });
    }),
  );

  it('counts changes only, each container by itself', () => {
    const steady = [health(0, UP), health(1, UP), health(2, DOWN), health(3, 'starting'), health(4, DOWN)];
    expect(flaps(steady, { changes: 2 })).to.deep.equal([]);
    const others = [health(0, UP), health(1, DOWN, 'c2'), health(2, UP), health(3, UP, 'c2')];
    expect(flaps(others, { changes: 2 })).to.deep.equal([]);
    expect(secondsOf(flaps(others, { changes: 1 }))).to.deep.equal([3]);
  });

  it('counts those that are close together', () => {
    const events = [0, 10, 20, 50, 60, 70].map((second, i) => health(second, i % 2 === 0 ? UP : DOWN));
    expect(secondsOf(flaps(events, { changes: 3, withinMs: 20_000 }))).to.deep.equal([]);
    expect(secondsOf(flaps(events, { changes: 3, withinMs: 20_001 }))).to.deep.equal([70]);
  });

  it('finds the one change in what engines said', () => {
    for (const path of [
      'docker/events-scenario.docker-20.10-cgroupv1.ndjson',
      'docker-cgroupv2/events-scenario.docker-28.5-cgroupv2.ndjson',
      'docker-cgroupv2/events-scenario.podman-5.8-cgroupv2.ndjson',
    ]) {
      const events = recordedEvents(path);
      expect(flaps(events, { changes: 1 }), path).to.have.lengthOf(1);
      expect(flaps(events, { changes: 2 }), path).to.have.lengthOf(0);
    }
  });

  it('passes on what tells of no health', () => {
    const others = [null, 1, containerEvent(0, 'health_status'), { kind: 'gap' }];
    expect(emittedOf(others, flap<unknown>({ changes: 1 }))).to.deep.equal(others);
  });

  it('counts what it adds', async () => {
    const events = [health(0, UP), health(1, DOWN), health(2, UP)];
    const { stage, imbalances } = await booksOf(events, flap<DockerEvent>({ changes: 1 }));
    expect(stage).to.include({ received: 3, added: 1, delivered: 4, inFlight: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('goes on counting after a restart', async () => {
    const make = (): OperatorFunction<DockerEvent, DockerEvent | Flap> => flap({ changes: 2 });
    const after = await afterRestart(
      make,
      [health(0, UP), health(1, DOWN)],
      [health(2, UP), health(3, DOWN)],
    );
    expect(secondsOf(ofKind(after, 'flap'))).to.deep.equal([2]);
  });

  it('remembers no more containers than it may', () => {
    const events = [health(0, UP, 'c1'), health(1, UP, 'c2'), health(2, UP, 'c3'), health(3, DOWN, 'c1')];
    expect(flaps(events, { changes: 1, maxContainers: 2 })).to.deep.equal([]);
    expect(flaps(events, { changes: 1, maxContainers: 3 })).to.have.lengthOf(1);
  });

  it('tells as a slow reading of all changes says', () => {
    const step = fc.record({ gap: fc.integer({ min: 0, max: 20 }), up: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        (steps, changes, within) => {
          let now = 0;
          const told = steps.map(({ gap, up }) => ({ second: (now += gap), up }));
          const changed = told.filter(({ up }, i) => i > 0 && told[i - 1]!.up !== up);
          const isFlapping = changed.map(
            ({ second }, i) =>
              changed.slice(0, i + 1).filter((before) => second - before.second < within).length >= changes,
          );
          const expected = changed.filter((_, i) => isFlapping[i] && isFlapping[i - 1] !== true);
          const found = flaps(
            told.map(({ second, up }) => health(second, up ? UP : DOWN)),
            { changes, withinMs: within * 1000 },
          );
          expect(secondsOf(found)).to.deep.equal(expected.map(({ second }) => second));
        },
      ),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => flap({ withinMs: -1 })).to.throw(PipelineError, 'flap: withinMs must be a number above 0');
  });
});
