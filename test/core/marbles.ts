import { expect } from 'chai';
import { TestScheduler } from 'rxjs/testing';
import type { RunHelpers } from 'rxjs/testing';

/** A test in virtual time. */
export const marbles =
  (test: (helpers: RunHelpers) => void): (() => void) =>
  () =>
    new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(test);
