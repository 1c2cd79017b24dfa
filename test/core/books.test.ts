import { expect } from 'chai';
import { filter, map, of, pipe } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { openBooks, readBooks } from '../../src/core/books.ts';
import type { Books } from '../../src/core/books.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import type { Sink, Source } from '../../src/core/types.ts';
import { sinkOf } from './sinks.ts';
import { imbalance } from './runs.ts';

const numbers = (): Source<number> => defineSource({ name: 'numbers', open: () => of(1) });
const half = (): OperatorFunction<number, number> => {
  return function half(flow) {
    return flow.pipe(map((n) => n / 2));
  };
};

describe('openBooks', () => {
  const namesOf = (...sinks: readonly Sink<number>[]): string[] =>
    readBooks(openBooks(pipeline('names', numbers(), sinks))).map(({ name }) => name);

  it('names stages by what they are, and numbers those that have no name', () => {
    const books = openBooks(
      pipeline(
        'names',
        of(1),
        half(),
        map((n: number) => String(n)),
        pipe(
          filter((text: string) => text !== ''),
          map(Number),
        ),
        [sinkOf({ name: 'file' }), pipe(map(Number), sinkOf({ name: 'file' }))],
      ),
    );
    expect(readBooks(books).map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      ...['source observable', 'operator half', 'operator operator-2', 'operator operator-3'],
      ...['sink file', 'sink sink-2'],
    ]);
  });

  it('gives no name twice', () => {
    const file = sinkOf({ name: 'file' });
    expect(namesOf(file, sinkOf({ name: 'file-2' }), file, sinkOf({ name: 'numbers' }))).to.deep.equal([
      ...['numbers', 'file', 'file-2', 'file-3', 'numbers-2'],
    ]);
  });
});

describe('readBooks', () => {
  const books = (): Books => openBooks(pipeline('books', numbers(), half(), half(), sinkOf()));

  it('balances a source by what it has let through, kept back, rejected and dropped', () => {
    const opened = books();
    const source = opened.sources[0]!;
    Object.assign(source, { delivered: 5, held: 2, retries: 1 });
    source.rejected.set('invalid-json', 3);
    source.dropped.set('conflated', 4);
    const read = readBooks(opened)[0]!;
    expect(read).to.deep.equal({
      ...{
        kind: 'source',
        name: 'numbers',
        received: 14,
        delivered: 5,
        inFlight: 2,
        retries: 1,
        targets: [],
      },
      ...{ rejected: { 'invalid-json': 3 }, dropped: { conflated: 4 } },
    });
    expect(imbalance(read)).to.equal(0);
  });

  it('takes for received what the stage before has delivered', () => {
    const opened = books();
    opened.sources[0]!.delivered = 10;
    opened.operators[0]!.delivered = 7;
    opened.operators[1]!.delivered = 20;
    expect(readBooks(opened).map(({ received, delivered }) => [received, delivered])).to.deep.equal([
      [10, 10],
      [10, 7],
      [7, 20],
      [20, 0],
    ]);
  });

  it('believes the ledgers of a sink more than the stage before', () => {
    const opened = books();
    opened.operators[1]!.delivered = 20;
    const sink = opened.sinks[0]!;
    sink.ledgers.push(
      { received: 6, delivered: 1, rejected: { a: 1 }, dropped: { b: 1 }, inFlight: 3, inFlightBytes: 30 },
      { received: 4, delivered: 1, rejected: {}, dropped: { b: 2, c: 1 }, inFlight: 0, inFlightBytes: 0 },
    );
    const read = readBooks(opened).at(-1)!;
    expect(read).to.deep.include({ received: 10, delivered: 2, inFlight: 3 });
    expect([read.rejected, read.dropped]).to.deep.equal([{ a: 1 }, { b: 3, c: 1 }]);
    expect(imbalance(read)).to.equal(0);
  });

  it('takes what a sink without a ledger has not delivered for in flight', () => {
    const opened = books();
    opened.operators[1]!.delivered = 20;
    opened.sinks[0]!.delivered = 15;
    expect(readBooks(opened).at(-1)).to.include({ received: 20, delivered: 15, inFlight: 5 });
  });

  it('never has less than nothing in flight, whatever a branch makes of a record', () => {
    const opened = books();
    opened.operators[1]!.delivered = 20;
    opened.sinks[0]!.delivered = 40;
    const read = readBooks(opened).at(-1)!;
    expect(read).to.include({ received: 40, delivered: 40, inFlight: 0 });
  });
});
