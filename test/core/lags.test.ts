import { expect } from 'chai';
import { NEVER } from 'rxjs';
import { openBooks } from '../../src/core/books.ts';
import { boundedQueue } from '../../src/core/bounded-queue.ts';
import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import { lagWatch } from '../../src/core/lags.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { sinkOf } from './sinks.ts';

/** A sink with a real queue, and what its books say at a second. */
function watched(options: QueueOptions = {}) {
  const books = openBooks(pipeline('lags', NEVER, sinkOf())).sinks[0]!;
  const queue = boundedQueue<number>(options);
  books.ledgers.push(queue.ledger);
  const look = lagWatch([books]);
  return {
    books,
    come: (count: number): void => {
      for (let i = 0; i < count; i += 1) queue.offer(i, 1);
    },
    /** Writes so many. */
    go: (count: number): void => {
      queue.take(count, 1_000_000);
      queue.settle();
    },
    at: (seconds: number): number => {
      look(seconds * 1_000);
      return books.lagSeconds;
    },
  };
}

describe('lagWatch', () => {
  it('is how long the oldest record that is held has been there', () => {
    const { come, go, at } = watched();
    expect(at(0)).to.equal(0);
    come(10);
    expect([at(1), at(2)]).to.deep.equal([0, 1]);
    come(10);
    expect(at(3)).to.equal(2);
    go(10);
    // Of those that had come by the third second.
    expect(at(4)).to.equal(1);
    go(9);
    expect(at(5)).to.equal(2);
    go(1);
    expect(at(6)).to.equal(0);
  });

  it('stays small while records go as they come, however many wait', () => {
    const { come, go, at } = watched();
    come(5_000);
    at(0);
    for (let second = 1; second < 20; second += 1) {
      come(1_000);
      go(1_000);
      expect(at(second)).to.be.at.most(5);
    }
  });

  it('counts what is dropped from the front as gone, and what is dropped at the back as never come', () => {
    const oldest = watched({ policy: 'drop-oldest', capacity: 10 });
    const newest = watched({ policy: 'drop-newest', capacity: 10 });
    for (let second = 0; second <= 10; second += 1)
      for (const { come, at } of [oldest, newest]) {
        come(5);
        at(second);
      }
    expect(oldest.books.lagSeconds).to.equal(1);
    expect(newest.books.lagSeconds).to.equal(10);
  });

  it('stays near what is so over days, with a bounded memory', () => {
    const { come, at } = watched();
    come(1);
    for (let second = 0; second < 200_000; second += 1) {
      come(second % 2);
      at(second);
    }
    expect(at(200_000)).to.equal(200_000);
  });

  it('is nothing once the sink has ended', () => {
    const { books, come, at } = watched();
    come(1);
    at(0);
    expect(at(9)).to.equal(9);
    books.end = 'failed';
    expect(at(10)).to.equal(0);
  });
});
