import { expect } from 'chai';
import { take, type OperatorFunction } from 'rxjs';
import { countingOf } from '../../src/core/define-operator.ts';
import { marbles } from '../marbles.ts';

export interface OperatorUnderTest<T, R> {
  /** Called anew for each test. */
  readonly make: () => OperatorFunction<T, R>;
  /** Three records, and what becomes of each: the operator has to be one that answers each record with one. */
  readonly input: { readonly a: T; readonly b: T; readonly c: T };
  readonly output: { readonly a: R; readonly b: R; readonly c: R };
}

/** What every operator that emits one record for each keeps to. */
export function operatorContract<T, R>(name: string, { make, input, output }: OperatorUnderTest<T, R>): void {
  describe(`${name} keeps the contract of operators`, () => {
    it('carries its name, for the runtime to show', () => {
      expect(make().name).to.equal(name);
    });

    it('counts, so that a record it loses is seen', () => {
      expect(countingOf(make())).to.be.a('function');
    });

    it(
      'does nothing on an empty source',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold<T>('  --|', input);
        expectObservable(source.pipe(make())).toBe('--|', output);
        expectSubscriptions(source.subscriptions).toBe('^-!');
      }),
    );

    it(
      'passes one on at once, and completes with its source',
      marbles(({ cold, expectObservable }) => {
        expectObservable(cold<T>('-a--|', input).pipe(make())).toBe('-a--|', output);
      }),
    );

    it(
      'passes many on, in order, at the moments they come',
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const source = hot<T>('  -a-(bc)--|', input);
        expectObservable(source.pipe(make())).toBe('-a-(bc)--|', output);
        expectSubscriptions(source.subscriptions).toBe('^--------!');
      }),
    );

    it(
      'passes an error on, after what came before it',
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold<T>('  -ab-#', input, 'broken');
        expectObservable(source.pipe(make())).toBe('-ab-#', output, 'broken');
        expectSubscriptions(source.subscriptions).toBe('^---!');
      }),
    );

    it(
      'waits as long as its source does',
      marbles(({ cold, expectObservable }) => {
        expectObservable(cold<T>('-a-', input).pipe(make())).toBe('-a-', output);
      }),
    );

    it(
      'releases its source when unsubscribed early',
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const source = hot<T>('               -a-b-c-|', input);
        expectObservable(source.pipe(make()), '----!').toBe('-a-b', output);
        expectSubscriptions(source.subscriptions).toBe('   ^---!');
      }),
    );

    it(
      'releases its source when no more is wanted',
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const source = hot<T>('                -a-b-c-|', input);
        expectObservable(source.pipe(make(), take(1))).toBe('-(a|)', output);
        expectSubscriptions(source.subscriptions).toBe('^!');
      }),
    );

    it(
      'starts anew with each subscription',
      marbles(({ cold, expectObservable }) => {
        const piped = cold<T>('-ab|', input).pipe(make());
        expectObservable(piped).toBe('-ab|', output);
        expectObservable(piped, '-----^').toBe('------ab|', output);
      }),
    );
  });
}
