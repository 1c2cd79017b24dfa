import { expect } from 'chai';
import fc from 'fast-check';
import { from } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { derive } from '../../src/operators/derive.ts';
import { rate, type RateOptions } from '../../src/operators/rate.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import { cpuNanoseconds } from '../../src/records/stats-figures.ts';
import { recordsOf } from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { booksOf, emittedOf, timeAt } from './lifecycle.ts';

interface Point {
  readonly time: string;
  readonly name: string;
  readonly a?: number;
  readonly b?: number;
}

const at = (second: number, a?: number, b?: number, name = 'x'): Point => ({
  time: timeAt(second),
  name,
  ...(a !== undefined && { a }),
  ...(b !== undefined && { b }),
});

const options: RateOptions<Point, 'a' | 'b'> = {
  key: ({ name }) => name,
  counters: { a: ({ a }) => a, b: ({ b }) => b },
};

const rates = (points: readonly Point[], more: Partial<typeof options> = {}): unknown =>
  emittedOf(points, rate<Point, 'a' | 'b'>({ ...options, ...more })).map((record) => record.rates);

const first = { a: at(0, 1, 1, 'x'), b: at(0, 1, 1, 'y'), c: at(0, 1, 1, 'z') };
operatorContract('rate', {
  make: () => rate<Point, 'a' | 'b'>(options),
  input: first,
  output: {
    a: { ...first.a, rates: {} },
    b: { ...first.b, rates: {} },
    c: { ...first.c, rates: {} },
  },
});

describe('rate', () => {
  it('tells how fast each counter grew, of each key by itself', () => {
    const points = [at(0, 10, 0), at(1, 100, 7, 'y'), at(2, 14, 1), at(3, 100, 8, 'y'), at(3, 14, 1.5)];
    expect(rates(points)).to.deep.equal([{}, {}, { a: 2, b: 0.5 }, { a: 0, b: 0.5 }, { a: 0, b: 0.5 }]);
  });

  it('knows no rate of a counter that fell or is not there, nor backwards in time', () => {
    expect(rates([at(0, 5, 5), at(1, 4, 6), at(2, 6)])).to.deep.equal([{}, { b: 1 }, { a: 2 }]);
    expect(rates([at(5, 5), at(5, 6), at(4, 4), at(6, 6)])).to.deep.equal([{}, {}, {}, { a: 1 }]);
  });

  it('takes the time that timeOf says', () => {
    expect(rates([at(0, 0), at(1, 6)], { timeOf: (point) => Date.parse(point.time) * 2 })).to.deep.equal([
      {},
      { a: 3 },
    ]);
  });

  it('fails on a record without a time, and where a counter cannot be read', () => {
    const failures: unknown[] = [];
    const error = (failure: unknown): void => void failures.push(failure);
    from([{ ...at(0), time: 'soon' }])
      .pipe(rate(options))
      .subscribe({ error });
    const failing = (): number => {
      throw new Error('no counter');
    };
    from([at(0)])
      .pipe(rate({ key: () => '', counters: { failing } }))
      .subscribe({ error });
    expect(failures.map(String)).to.deep.equal([
      'TypeError: a record has no readable time or @timestamp: give a timeOf',
      'Error: no counter',
    ]);
  });

  it('agrees with derive on recorded readings', () => {
    const readings = recordsOf('docker/stats-net-traffic.docker-20.10-cgroupv1.ndjson');
    expect(readings.length).to.be.greaterThan(2);
    const cpu = ({ stats }: ContainerStats): number => cpuNanoseconds(stats, stats.cpu_stats) / 1e7;
    const rated = emittedOf(
      readings,
      rate<ContainerStats, 'cpu'>({ key: ({ container }) => container.id, counters: { cpu } }),
    );
    const derived = emittedOf(readings, derive());
    rated.slice(1).forEach((record, i) => {
      // Times count to the millisecond here, to the nanosecond there.
      expect(record.rates.cpu).to.be.closeTo(derived[i + 1]!.derived.cpuPercent!, 0.05);
    });
  });

  it('counts nothing: each record comes out', async () => {
    const { stage, imbalances } = await booksOf([at(0, 1), at(1, 2)], rate<Point, 'a' | 'b'>(options));
    expect(stage).to.include({ received: 2, added: 0, delivered: 2, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('remembers no more keys than it may', () => {
    const points = [at(0, 1, 1, 'x'), at(0, 1, 1, 'y'), at(0, 1, 1, 'z'), at(1, 2, 2, 'x'), at(1, 2, 2, 'z')];
    expect(rates(points, { maxKeys: 2 })).to.deep.equal([{}, {}, {}, {}, { a: 1, b: 1 }]);
  });

  it('says what the list of all records says, through every reset', () => {
    const point = fc.record({ gap: fc.nat(5), name: fc.constantFrom('x', 'y'), a: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), (steps) => {
        let second = 0;
        const points = steps.map(({ gap, name, a }) => ({ second: (second += gap), name, a }));
        const expected = points.map((now, i) => {
          const before = points.slice(0, i).findLast(({ name }) => name === now.name);
          if (before === undefined || now.second === before.second || now.a < before.a) return {};
          return { a: (now.a - before.a) / (now.second - before.second) };
        });
        const records = points.map(({ second, name, a }) => at(second, a, undefined, name));
        expect(rates(records)).to.deep.equal(expected);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => rate({ ...options, counters: { a: 'a' } } as never)).to.throw(
      PipelineError,
      'rate: counters must be functions by name',
    );
    expect(() => rate({ key: 'name' } as never)).to.throw('rate: key must be a function');
    expect(() => rate({ key: () => '' } as never)).to.throw('rate: counters is missing');
  });
});
