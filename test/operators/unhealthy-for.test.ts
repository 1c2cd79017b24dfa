import { expect } from 'chai';
import fc from 'fast-check';
import type { OperatorFunction } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { unhealthyFor } from '../../src/operators/unhealthy-for.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { ContainerFacts } from '../../src/records/container-facts.ts';
import type { Unhealthy } from '../../src/records/lifecycle.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import {
  about,
  afterRestart,
  booksOf,
  containerEvent,
  emittedOf,
  ofKind,
  timeAt,
  factsAt,
} from './lifecycle.ts';

const health = (second: number, word: string, id = 'c1'): DockerEvent =>
  containerEvent(second, `health_status: ${word}`, { id });
const ill = (second: number, id?: string): DockerEvent => health(second, 'unhealthy', id);
const other = (second: number): DockerEvent => containerEvent(second, 'exec_die', { id: 'other' });

const unhealthy = (second: number, since: number, id = 'c1'): Unhealthy => ({
  kind: 'unhealthy',
  ...(about(id) as Pick<Unhealthy, 'host' | 'container'>),
  time: timeAt(second),
  since: timeAt(since),
});

const facts = (second: number, health: 'healthy' | 'unhealthy'): ContainerFacts =>
  factsAt(second, { health });

const passed = { a: health(0, 'healthy'), b: containerEvent(1, 'start'), c: containerEvent(2, 'die') };
operatorContract('unhealthyFor', {
  make: () => unhealthyFor<DockerEvent>(),
  input: passed,
  output: passed,
});

const told = (records: readonly unknown[], forMs = 60_000, maxContainers = 10): readonly Unhealthy[] =>
  emittedOf(records, unhealthyFor<unknown>({ forMs, maxContainers })).filter(
    (record): record is Unhealthy => (record as Unhealthy | null)?.kind === 'unhealthy',
  );

describe('unhealthyFor', () => {
  it(
    'tells of it where nothing else comes, by the clock',
    marbles(({ hot, expectObservable }) => {
      const values = { a: ill(0), U: unhealthy(0.005, 0) };
      expectObservable(hot('-a--------|', values).pipe(unhealthyFor({ forMs: 5 }))).toBe(
        '                  -a----U---|',
        values,
      );
    }),
  );

  it(
    'tells of it before the first record of a later time',
    marbles(({ hot, expectObservable }) => {
      const values = { a: ill(0), b: other(59.999), c: other(60), U: unhealthy(60, 0) };
      expectObservable(hot('-a-b-c----|', values).pipe(unhealthyFor({ forMs: 60_000 }))).toBe(
        '                  -a-b-(Uc)-|',
        values,
      );
    }),
  );

  it(
    'waits for each container from its own start on, by one clock',
    marbles(({ hot, expectObservable }) => {
      const values = {
        a: ill(0, 'c1'),
        b: ill(0.002, 'c2'),
        h: health(0.003, 'healthy', 'c1'),
        d: ill(0.004, 'c3'),
        V: unhealthy(0.007, 0.002, 'c2'),
        W: unhealthy(0.009, 0.004, 'c3'),
      };
      expectObservable(hot('-a-bhd------|', values).pipe(unhealthyFor({ forMs: 5 }))).toBe(
        '                  -a-bhd--V-W-|',
        values,
      );
    }),
  );

  it(
    'tells nothing once nobody listens or the source has ended or failed, and stops its timer',
    marbles(({ hot, cold, expectObservable, expectSubscriptions }) => {
      const values = { a: ill(0) };
      const early = hot('-a---------|', values);
      expectObservable(early.pipe(unhealthyFor({ forMs: 5 })), '---!').toBe('-a', values);
      expectSubscriptions(early.subscriptions).toBe('           ^--!');
      expectObservable(cold('-a-|', values).pipe(unhealthyFor({ forMs: 5 }))).toBe('-a-|', values);
      expectObservable(cold('-a-#', values).pipe(unhealthyFor({ forMs: 5 }))).toBe('-a-#', values);
      expectObservable(cold('-a-', values).pipe(unhealthyFor({ forMs: 500 })), '9ms !').toBe('-a', values);
    }),
  );

  it('tells once, however often it is said, until it has been better', () => {
    expect(told([ill(0), ill(30), ill(61), ill(200), other(300)])).to.deep.equal([unhealthy(60, 0)]);
    const again = [ill(0), other(60), health(70, 'healthy'), ill(80), other(139), other(140)];
    expect(told(again)).to.deep.equal([unhealthy(60, 0), unhealthy(140, 80)]);
  });

  it('takes every end of a spell for one', () => {
    const ends = [
      health(1, 'healthy'),
      health(1, 'starting'),
      ...['start', 'die', 'destroy', 'remove'].map((action) => containerEvent(1, action)),
    ];
    for (const end of ends) expect(told([ill(0), end, other(100)]), end.action).to.deep.equal([]);
    expect(told([ill(0), containerEvent(1, 'pause'), other(100)])).to.have.lengthOf(1);
  });

  it('reads the facts of a container that was unhealthy before', () => {
    expect(told([facts(0, 'unhealthy'), facts(30, 'unhealthy'), other(60)])).to.deep.equal([
      unhealthy(60, 0),
    ]);
    expect(told([facts(0, 'unhealthy'), facts(30, 'healthy'), other(60)])).to.deep.equal([]);
  });

  it('does not mind records without a time, nor records from before', () => {
    expect(told([ill(10), null, 7, { kind: 'x' }, other(0), other(70)])).to.deep.equal([unhealthy(70, 10)]);
  });

  it('counts what it adds', async () => {
    const { stage, imbalances } = await booksOf([ill(0), other(60)], unhealthyFor<DockerEvent>());
    expect(stage).to.include({ received: 2, added: 1, delivered: 3, inFlight: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('goes on waiting after a restart, and does not repeat itself', async () => {
    const make = (): OperatorFunction<DockerEvent, DockerEvent | Unhealthy> => unhealthyFor();
    const waiting = await afterRestart(make, [ill(0)], [other(60)]);
    expect(ofKind(waiting, 'unhealthy')).to.deep.equal([unhealthy(60, 0)]);
    const repeated = await afterRestart(make, [ill(0), other(60)], [ill(61), other(200)]);
    expect(ofKind(repeated, 'unhealthy')).to.deep.equal([]);
  });

  it('forgets the one that is unhealthy for longest where there are too many', () => {
    const events = [ill(0, 'c1'), ill(1, 'c2'), ill(2, 'c3'), other(100)];
    expect(told(events, 60_000, 2).map(({ container }) => container.id)).to.deep.equal(['c2', 'c3']);
  });

  it('tells of those spells that a search through all records finds', () => {
    const step = fc.record({
      gap: fc.nat(40),
      id: fc.constantFrom('c1', 'c2'),
      word: fc.constantFrom('unhealthy', 'unhealthy', 'healthy'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let now = 0;
        const heard = steps.map(({ gap, id, word }) => ({ id, word, second: (now += gap) }));
        const expected = heard.flatMap(({ id, word, second }, i) => {
          const others = (from: number, to?: number): typeof heard =>
            heard.slice(from, to).filter((one) => one.id === id);
          const begins = word === 'unhealthy' && others(0, i).at(-1)?.word !== 'unhealthy';
          const end = others(i).find((one) => one.word === 'healthy')?.second ?? Infinity;
          return begins && end >= second + 60 ? [unhealthy(second + 60, second, id)] : [];
        });
        const found = told([...heard.map(({ id, word, second }) => health(second, word, id)), other(10_000)]);
        expect(found).to.deep.equal(expected);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => unhealthyFor({ forMs: 0 })).to.throw(
      PipelineError,
      'unhealthyFor: forMs must be a number above 0 and below 2^31, not 0',
    );
    // A timer of Node's would be due at once.
    expect(() => unhealthyFor({ forMs: 2 ** 31 })).to.throw('below 2^31');
  });
});
