import { expect } from 'chai';
import { NEVER } from 'rxjs';
import { openBooks } from '../../src/core/books.ts';
import type { SinkBooks } from '../../src/core/books.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { stallWatch } from '../../src/core/stalls.ts';
import { sinkOf } from './sinks.ts';

interface Watched {
  readonly books: SinkBooks;
  readonly ledger: { delivered: number; inFlight: number };
  /** Looks at that second; says what it told. */
  readonly at: (seconds: number) => unknown[];
}

/** A sink whose books a test writes. */
function watched(): Watched {
  const books = openBooks(pipeline('stalls', NEVER, sinkOf())).sinks[0]!;
  const ledger = { received: 0, delivered: 0, rejected: {}, dropped: {}, inFlight: 0, inFlightBytes: 0 };
  books.ledgers.push(ledger);
  const said: unknown[] = [];
  const look = stallWatch([books], 30_000, (stage) => (fact) => said.push({ stage, ...fact }));
  return {
    books,
    ledger,
    at(seconds) {
      look(seconds * 1000);
      return said.splice(0);
    },
  };
}

describe('stallWatch', () => {
  const stalled = { stage: 'sink', type: 'stalled', seconds: 30, inFlight: 5 };
  const recovered = { stage: 'sink', type: 'recovered' };

  it('tells once of a sink that holds records and delivers none, and when it does again', () => {
    const { ledger, at } = watched();
    ledger.inFlight = 5;
    expect([at(0), at(29)]).to.deep.equal([[], []]);
    expect([at(30), at(31), at(90)]).to.deep.equal([[stalled], [], []]);
    ledger.delivered = 1;
    expect([at(91), at(92)]).to.deep.equal([[recovered], []]);
    expect([at(120), at(121)]).to.deep.equal([[], [stalled]]);
  });

  it('tells also when the queue changes: what comes and what is dropped is no progress', () => {
    const { ledger, at } = watched();
    ledger.inFlight = 5;
    at(0);
    for (let second = 1; second < 30; second += 1) {
      ledger.inFlight = 5 + (second % 3);
      expect(at(second)).to.deep.equal([]);
    }
    ledger.inFlight = 5;
    expect(at(30)).to.deep.equal([stalled]);
  });

  it('is silent while a sink is idle, and while it delivers however slowly', () => {
    const { ledger, at } = watched();
    for (const second of [0, 100, 200]) expect(at(second)).to.deep.equal([]);
    ledger.inFlight = 5;
    for (let second = 201; second < 1000; second += 29) {
      ledger.delivered += 1;
      expect(at(second)).to.deep.equal([]);
    }
  });

  it('is silent while a sink waits to try again, but not when a try never ends', () => {
    const { books, ledger, at } = watched();
    ledger.inFlight = 5;
    at(0);
    for (let second = 20; second < 400; second += 35) {
      Object.assign(books, { retries: books.retries + 1, retryMs: 30_000 });
      expect(at(second)).to.deep.equal([]);
    }
    expect([at(429), at(430)]).to.deep.equal([[], [{ ...stalled, seconds: 60 }]]);
  });

  it('does not say that a sink works again when its write has failed', () => {
    const { books, ledger, at } = watched();
    ledger.inFlight = 5;
    expect([at(0), at(30)]).to.deep.equal([[], [stalled]]);
    Object.assign(books, { retries: 1, retryMs: 1000 });
    expect(at(31)).to.deep.equal([]);
  });

  it('is silent about a sink that has failed, whose records are abandoned', () => {
    const { books, ledger, at } = watched();
    ledger.inFlight = 5;
    at(0);
    books.end = 'failed';
    expect(at(90)).to.deep.equal([]);
  });

  it('gives a batch the time to fill', () => {
    const { books, ledger, at } = watched();
    books.lingerMs = 60_000;
    ledger.inFlight = 5;
    expect([at(0), at(89), at(90)]).to.deep.equal([[], [], [{ ...stalled, seconds: 90 }]]);
  });
});
