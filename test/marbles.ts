import { expect } from 'chai';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';

/** A test in virtual time: `it('…', marbles(({ cold, expectObservable }) => { … }))`. */
export function marbles(test: (helpers: RunHelpers) => void): () => void {
  return () => {
    const scheduler = new TestScheduler((actual, expected) => {
      expect(actual).to.deep.equal(expected);
    });
    scheduler.run(test);
  };
}
