import { expect } from 'chai';
import { filter, map, of, pipe } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { openBooks } from '../../src/core/books.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { readBooks } from '../../src/core/read-books.ts';
import type { Sink, Source } from '../../src/core/types.ts';
import { sinkOf } from './sinks.ts';

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
