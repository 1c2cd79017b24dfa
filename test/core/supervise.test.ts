import { expect } from 'chai';
import { concat, defer, NEVER, of, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { supervise } from '../../src/core/supervise.ts';
import { marbles } from './marbles.ts';

const away = new PipelineError('SOURCE_UNAVAILABLE', 'away');
const refused = new PipelineError('SOURCE_REFUSED', 'refused');
/** Between half of the step and the whole, rounded: always 1 ms. */
const ONE_MS = { firstMs: 1, maxMs: 1 };

describe('supervise', () => {
  it(
    'subscribes again after retryable errors, and passes everything else',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-#', undefined, away);
      expectObservable(source.pipe(supervise(ONE_MS, () => undefined)), '^---------!').toBe('-a---a---a-');
      expectSubscriptions(source.subscriptions).toBe(['^--!', '----^--!', '--------^-!']);
    }),
  );

  it(
    'completes with the source',
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('-a-|').pipe(supervise(undefined, () => undefined))).toBe('-a-|');
    }),
  );

  it(
    'passes errors on that trying again does not help, and those it does not know',
    marbles(({ cold, expectObservable }) => {
      const told: unknown[] = [];
      for (const error of [refused, new Error('bug'), 'text', undefined])
        expectObservable(
          cold('-a-#', undefined, error).pipe(supervise(ONE_MS, (...why) => told.push(why))),
        ).toBe('-a-#', undefined, error);
      expect(told).to.deep.equal([]);
    }),
  );

  const attempts = (source: Observable<unknown>, untilMs: number): [number, number][] => {
    const told: [number, number][] = [];
    marbles(({ expectObservable }) => {
      const supervised = source.pipe(
        supervise({ firstMs: 100, maxMs: 1000 }, (error, attempt, delayMs) => {
          expect(error).to.equal(away);
          told.push([attempt, delayMs]);
        }),
      );
      expectObservable(supervised, `^ ${untilMs}ms !`);
    })();
    return told;
  };

  it('waits longer each time, up to the cap, and never gives up', () => {
    const told = attempts(
      throwError(() => away),
      1_000_000,
    );
    expect(told.length).to.be.greaterThan(1000);
    told.forEach(([attempt, delayMs], i) => {
      const step = Math.min(1000, 100 * 2 ** i);
      expect(attempt).to.equal(i + 1);
      expect(delayMs).to.be.within(step / 2, step);
    });
  });

  it('begins anew once a record has come', () => {
    let connections = 0;
    const source = defer(() => {
      connections += 1;
      const error = throwError(() => away);
      return connections % 3 === 0 ? concat(of('record'), error) : error;
    });
    const told = attempts(source, 5000).map(([attempt]) => attempt);
    expect(told.slice(0, 8)).to.deep.equal([1, 2, 1, 2, 3, 1, 2, 3]);
  });

  it('stops waiting when it is unsubscribed', () => {
    let subscriptions = 0;
    const source = defer(() => {
      subscriptions += 1;
      return throwError(() => away);
    });
    marbles(({ expectObservable }) => {
      expectObservable(source.pipe(supervise({ firstMs: 100, maxMs: 100 }, () => undefined)), '^-!');
    })();
    expect(subscriptions).to.equal(1);
  });

  it(
    'is not reset by a connection without records',
    marbles(({ expectObservable }) => {
      expectObservable(NEVER.pipe(supervise(ONE_MS, () => expect.fail('nothing failed')))).toBe('-');
    }),
  );
});
