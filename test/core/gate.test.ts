import { expect } from 'chai';
import { BehaviorSubject, Subject } from 'rxjs';
import type { Observable } from 'rxjs';
import type { RunHelpers } from 'rxjs/testing';
import { messageOf } from '../../src/core/errors.ts';
import { newestWhileClosed, whileOpen } from '../../src/core/gate.ts';
import { eager, range } from './sources.ts';
import { marbles } from './marbles.ts';

const GATE = { o: true, c: false };

describe('whileOpen', () => {
  it(
    'subscribes when the gate opens and unsubscribes when it closes',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-1-2-3-4-5-6-');
      const gate = hot('  o---c---o----', GATE);
      expectObservable(source.pipe(whileOpen(gate))).toBe('-1-2-----5-6-');
      expectSubscriptions(source.subscriptions).toBe(['^---!--------', '--------^----']);
    }),
  );

  it(
    'completes with the source, and leaves the gate',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('-1-|');
      const gate = hot('o-----', GATE);
      expectObservable(source.pipe(whileOpen(gate))).toBe('-1-|');
      expectSubscriptions(gate.subscriptions).toBe('^--!');
    }),
  );

  it(
    'passes an error on, and leaves the gate',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('-1-#');
      const gate = hot('o-----', GATE);
      expectObservable(source.pipe(whileOpen(gate))).toBe('-1-#');
      expectSubscriptions(gate.subscriptions).toBe('^--!');
    }),
  );

  it(
    'waits behind a closed gate',
    marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
      const source = cold('  1|');
      const gate = hot('c---o', GATE);
      expectObservable(source.pipe(whileOpen(gate))).toBe('----1|');
      expectSubscriptions(source.subscriptions).toBe('----^!');
    }),
  );

  it(
    'releases source and gate when it is unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-1-2-3');
      const gate = hot('o-----', GATE);
      expectObservable(source.pipe(whileOpen(gate)), '^--!').toBe('-1--');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectSubscriptions(gate.subscriptions).toBe('^--!');
    }),
  );

  it('stops a source that emits within subscribe at the record that closes the gate', () => {
    const { source, subscriptions } = eager(10);
    const open = new BehaviorSubject(true);
    const seen: number[] = [];
    let completed = false;
    source.pipe(whileOpen(open)).subscribe({
      next(n) {
        seen.push(n);
        if (n % 4 === 3) open.next(false);
      },
      complete: () => (completed = true),
    });
    expect(seen).to.deep.equal(range(0, 4));
    open.next(true);
    expect(seen).to.deep.equal(range(0, 8));
    open.next(true);
    expect([seen, completed, subscriptions()]).to.deep.equal([range(0, 10), true, 3]);
  });
});

describe('newestWhileClosed', () => {
  interface Sample {
    readonly key: string;
    readonly at: number;
  }
  const samples = (...texts: readonly string[]): Record<string, Sample> =>
    Object.fromEntries(texts.map((text) => [text, { key: text.toLowerCase(), at: text.charCodeAt(0) }]));
  const books = { held: [] as number[], replaced: 0 };
  const conflated = (source: Observable<Sample>, gate: Observable<boolean>): Observable<Sample> =>
    source.pipe(
      newestWhileClosed(gate, {
        keyOf: ({ key }) => key,
        held: (count) => books.held.push(count),
        replaced: () => (books.replaced += 1),
      }),
    );
  beforeEach(() => {
    books.held = [];
    books.replaced = 0;
  });
  // A and a are samples of the same key.
  const S = samples('a', 'A', 'b', 'B', 'c');
  const flow = ({ hot, expectObservable }: RunHelpers, input: string, gate: string, output: string): void =>
    expectObservable(conflated(hot(input, S), hot(gate, GATE))).toBe(output, S);

  it(
    'passes everything while the gate is open',
    marbles((helpers) => {
      flow(helpers, '-a-A-b-|', 'o-------', '-a-A-b-|');
    }),
  );

  it('keeps the newest of each key while it is closed, and lets them through when it opens', () => {
    marbles((helpers) => {
      flow(helpers, '-a-b-A-B-c-', 'c---------o', '----------(ABc)');
    })();
    expect(books).to.deep.equal({ held: [1, 2, 2, 2, 3, 2, 1, 0], replaced: 2 });
  });

  it(
    'ends behind what it holds when the source completes, or fails',
    marbles((helpers) => {
      flow(helpers, '-a-b-|', 'c------o', '-------(ab|)');
      flow(helpers, '-a-b-#', 'c------o', '-------(ab#)');
    }),
  );

  it(
    'ends at once when it holds nothing',
    marbles((helpers) => {
      flow(helpers, '-----|', 'c------o', '-----|');
      flow(helpers, '-a---#', 'c-o-c--o', '--a--#');
    }),
  );

  it(
    'reads the source all the time, and releases it and the gate at the end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('-a-b-', S);
      const gate = hot('o-c--', GATE);
      expectObservable(conflated(source, gate), '^---!').toBe('-a---', S);
      expectSubscriptions(source.subscriptions).toBe('^---!');
      expectSubscriptions(gate.subscriptions).toBe('^---!');
    }),
  );

  it(
    'leaves the gate when the source ends',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const gate = hot('o----', GATE);
      expectObservable(conflated(hot('-a-|', S), gate)).toBe('-a-|', S);
      expectSubscriptions(gate.subscriptions).toBe('^--!');
    }),
  );

  it('stops letting through when the gate closes again, and keeps the rest', () => {
    const gate = new BehaviorSubject(false);
    const source = new Subject<Sample>();
    const seen: Sample[] = [];
    conflated(source, gate).subscribe((sample) => {
      seen.push(sample);
      if (seen.length === 1) gate.next(false);
    });
    for (const name of ['a', 'b', 'c']) source.next(S[name]!);
    gate.next(true);
    expect(seen).to.deep.equal([S['a']]);
    source.next(S['B']!);
    gate.next(true);
    expect(seen).to.deep.equal([S['a'], S['c'], S['B']]);
    expect(books.replaced).to.equal(1);
  });

  it('ends once, behind all it holds, also when the gate closes on the way', () => {
    const gate = new BehaviorSubject(false);
    const source = new Subject<Sample>();
    const seen: string[] = [];
    conflated(source, gate).subscribe({
      next: ({ key }) => {
        seen.push(key);
        if (key === 'a') gate.next(false);
        if (key === 'b') source.complete();
      },
      complete: () => seen.push('|'),
    });
    for (const name of ['a', 'b', 'c']) source.next(S[name]!);
    gate.next(true);
    expect(seen).to.deep.equal(['a']);
    gate.next(true);
    expect(seen).to.deep.equal(['a', 'b', 'c', '|']);
  });

  it('never lets an older sample of a key through behind a newer one', () => {
    const gate = new BehaviorSubject(false);
    const source = new Subject<Sample>();
    const seen: Sample[] = [];
    conflated(source, gate).subscribe((sample) => {
      seen.push(sample);
      if (seen.length === 1) source.next(S['B']!);
    });
    for (const name of ['a', 'b']) source.next(S[name]!);
    gate.next(true);
    expect(seen).to.deep.equal([S['a'], S['B']]);
  });

  it('fails when a record has no key, behind what it holds', () => {
    const source = new Subject<number>();
    const gate = new BehaviorSubject(false);
    const seen: unknown[] = [];
    const keyOf = (n: number): string => {
      if (n === 13) throw new Error('no key');
      return String(n);
    };
    const ignored = { held: () => undefined, replaced: () => undefined };
    source.pipe(newestWhileClosed(gate, { keyOf, ...ignored })).subscribe({
      next: (n) => seen.push(n),
      error: (error: unknown) => seen.push(messageOf(error)),
    });
    for (const n of [1, 2, 13]) source.next(n);
    expect([seen, source.observed]).to.deep.equal([[], false]);
    gate.next(true);
    expect([seen, gate.observed]).to.deep.equal([[1, 2, 'no key'], false]);
  });
});
