import { expect } from 'chai';
import fc from 'fast-check';
import { of } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { flatten, type FlatRecord, type FlattenOptions } from '../../src/operators/flatten.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';

operatorContract('flatten', {
  make: () => flatten(),
  input: { a: { x: { y: 1 } }, b: { x: [true] }, c: {} },
  output: { a: { x_y: 1 }, b: { x_0: true }, c: {} },
});

function flat(record: object, options?: FlattenOptions): FlatRecord {
  const out: FlatRecord[] = [];
  of(record)
    .pipe(flatten(options))
    .subscribe((fields) => out.push(fields));
  return out[0]!;
}

describe('flatten', () => {
  it('joins the names on the way to each value', () => {
    expect(flat({ a: { b: [1, { c: null }] }, d: 'text', e: false })).to.deep.equal({
      a_b_0: 1,
      a_b_1_c: null,
      d: 'text',
      e: false,
    });
    expect(flat({ a: { b: 1 } }, { separator: '.' })).to.deep.equal({ 'a.b': 1 });
    expect(flat([{ a: 1 }, 2])).to.deep.equal({ '0_a': 1, 1: 2 });
    expect(flat({ '': { '': 1 } })).to.deep.equal({ _: 1 });
  });

  it('leaves a flat record as it is', () => {
    const record = { a: 1, b: 'x', c: null, d: true };
    expect(flat(record)).to.deep.equal(record);
  });

  it('gives the second of two fields of one name a number', () => {
    expect(flat({ a_b: 1, a: { b: 2 } })).to.deep.equal({ a_b: 1, a_b_2: 2 });
    expect(flat({ a: { b: 2 }, a_b: 1, a_b_2: 3 })).to.deep.equal({ a_b: 2, a_b_2: 1, a_b_2_2: 3 });
    expect(flat({ a: { b_c: 1, b: { c: 2 } }, a_b: { c: 3 } })).to.deep.equal({
      a_b_c: 1,
      a_b_c_2: 2,
      a_b_c_3: 3,
    });
  });

  it('keeps empty objects and lists, as text', () => {
    expect(flat({ a: {}, b: [], c: { d: {} } })).to.deep.equal({ a: '{}', b: '[]', c_d: '{}' });
  });

  it('keeps what lies too deep together, as JSON text', () => {
    const record = { a: { b: { c: { d: 1 } } }, e: 1 };
    expect(flat(record, { maxDepth: 2 })).to.deep.equal({ a_b: '{"c":{"d":1}}', e: 1 });
    expect(flat(record, { maxDepth: 1 })).to.deep.equal({ a: '{"b":{"c":{"d":1}}}', e: 1 });
    expect(flat(record, { maxDepth: 4 })).to.deep.equal({ a_b_c_d: 1, e: 1 });
  });

  it('keeps the fields beyond its bound together, as JSON text', () => {
    const record = { a: 1, b: { c: 2, d: [3] }, other: 4 };
    expect(flat(record, { maxKeys: 2 })).to.deep.equal({ a: 1, b_c: 2, other: '{"b_d_0":3,"other":4}' });
    expect(flat({ other: 4, a: 1, b: [2] }, { maxKeys: 1 })).to.deep.equal({
      other: 4,
      other_2: '{"a":1,"b_0":2}',
    });
    expect(flat(record, { maxKeys: 4 })).to.deep.equal({ a: 1, b_c: 2, b_d_0: 3, other: 4 });
  });

  it('ends at a reference to what holds it, at any depth', () => {
    const ring: { name: string; self?: unknown; list?: unknown[] } = { name: 'ring' };
    ring.self = ring;
    ring.list = [ring, { deep: ring }];
    expect(flat(ring)).to.deep.equal({
      name: 'ring',
      self: '[circular]',
      list_0: '[circular]',
      list_1_deep: '[circular]',
    });
    const text = JSON.stringify({
      name: 'ring',
      self: '[circular]',
      list: ['[circular]', { deep: '[circular]' }],
    });
    expect(flat({ in: ring }, { maxDepth: 1 })).to.deep.equal({ in: text });
  });

  it('takes one object that stands in two places for no circle', () => {
    const twice = { n: 1 };
    expect(flat({ a: twice, b: twice })).to.deep.equal({ a_n: 1, b_n: 1 });
    expect(flat({ in: { a: twice, b: twice } }, { maxDepth: 1 })).to.deep.equal({
      in: '{"a":{"n":1},"b":{"n":1}}',
    });
  });

  it('writes what JSON writes of dates, and the digits of big integers', () => {
    const date = new Date(0);
    const self = { toJSON: (): unknown => self, n: 1 };
    const record = { date, big: 2n ** 64n, self, in: [[date, 1n]] };
    expect(flat(record)).to.include({
      date: '1970-01-01T00:00:00.000Z',
      big: '18446744073709551616',
      in_0_1: '1',
    });
    expect(flat(record, { maxDepth: 1 })).to.include({ in: '[["1970-01-01T00:00:00.000Z","1"]]' });
    expect(flat(record)).to.include({ self_n: 1 });
  });

  it('leaves out what JSON does not know', () => {
    expect(flat({ a: undefined, b: () => 1, c: Symbol('c'), d: 1 })).to.deep.equal({ d: 1 });
  });

  it('lets no name do harm', () => {
    const record = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":2},"a":{"__proto__":3}}',
    ) as object;
    const fields = flat(record);
    expect(Object.entries(fields)).to.deep.equal([
      ['__proto___polluted', 1],
      ['constructor_prototype', 2],
      ['a___proto__', 3],
    ]);
    expect(Object.entries(flat(JSON.parse('{"__proto__":1}') as object))).to.deep.equal([['__proto__', 1]]);
    expect({}).not.to.have.property('polluted');
  });

  it(
    'fails when a record cannot be read',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const broken = {
        get field(): never {
          throw new Error('unreadable');
        },
      };
      const source = cold<object>('-a-b-|', { a: { x: 1 }, b: broken });
      expectObservable(source.pipe(flatten())).toBe('-a-#', { a: { x: 1 } }, new Error('unreadable'));
      expectSubscriptions(source.subscriptions).toBe('^--!');
    }),
  );

  it('refuses options that cannot be', () => {
    expect(() => flatten({ maxDepth: 0 })).to.throw(
      PipelineError,
      'flatten: maxDepth must be a whole number above 0',
    );
    expect(() => flatten({ maxKeys: Infinity })).to.throw(
      PipelineError,
      'flatten: maxKeys must be a whole number above 0',
    );
    expect(() => flatten({ separator: 5 } as never)).to.throw(
      PipelineError,
      'flatten: separator must be a text, not 5',
    );
    expect(() => flatten({ seperator: '.' } as never)).to.throw(
      PipelineError,
      'flatten: there is no option "seperator"',
    );
  });

  it('loses no value, whatever the record and the separator', () => {
    const record = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
    fc.assert(
      fc.property(record, fc.constantFrom('_', '.', ''), (value, separator) => {
        const fields = flat(value, { separator, maxDepth: 100 });
        expect(Object.values(fields)).to.have.deep.members(leaves(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it('goes on when there are more names than it remembers', () => {
    const many = Object.fromEntries(Array.from({ length: 12_000 }, (_, n) => [`k${n}`, { v: n }]));
    const expected = Object.fromEntries(Array.from({ length: 12_000 }, (_, n) => [`k${n}_v`, n]));
    const out: FlatRecord[] = [];
    of(many, many)
      .pipe(flatten({ maxKeys: 20_000 }))
      .subscribe((fields) => out.push(fields));
    expect(out).to.deep.equal([expected, expected]);
  });

  it('holds its bounds, whatever the record', () => {
    const bounds = fc.record({
      maxDepth: fc.integer({ min: 1, max: 3 }),
      maxKeys: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), bounds, (value, options) => {
        const fields = flat(value, options);
        expect(Object.keys(fields).length).to.be.at.most(options.maxKeys + 1);
        for (const held of Object.values(fields))
          expect(typeof held).to.be.oneOf(['string', 'number', 'boolean', 'object']);
        expect(JSON.parse(JSON.stringify(fields))).to.deep.equal(withoutNegativeZero(fields));
      }),
    );
  });
});

/** Every value of a JSON value, in a way of its own. */
function leaves(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  const inner = Object.values(value) as unknown[];
  return inner.flatMap((held) => {
    const isEmpty = typeof held === 'object' && held !== null && Object.keys(held).length === 0;
    return isEmpty ? [Array.isArray(held) ? '[]' : '{}'] : leaves(held);
  });
}

/** JSON has no negative zero. */
const withoutNegativeZero = (fields: FlatRecord): FlatRecord =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Object.is(value, -0) ? 0 : value]));
