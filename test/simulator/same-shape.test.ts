import { expect } from 'chai';
import { shapeDifferences } from './same-shape.ts';

describe('shapeDifferences', () => {
  it('finds nothing between values of the same keys and types', () => {
    expect(shapeDifferences({ a: 1, b: ['x'], c: null }, { a: 2, b: ['y', 'z'], c: null })).to.deep.equal([]);
  });

  it('names the path of a missing, an extra and a differing key', () => {
    const actual = { inner: { extra: 1, type: '1' }, list: [{ a: 1 }] };
    const expected = { inner: { gone: 1, type: 1 }, list: [{ a: null }] };
    expect(shapeDifferences(actual, expected)).to.deep.equal([
      '$.inner.extra: number, recorded absent',
      '$.inner.gone: absent, recorded number',
      '$.inner.type: string, recorded number',
      '$.list[].a: number, recorded null',
    ]);
  });

  it('tells null from an empty list', () => {
    expect(shapeDifferences({ a: null }, { a: [] })).to.deep.equal(['$.a: null, recorded array']);
  });

  it('compares the values of maps whatever their keys', () => {
    const maps = ['$.labels'];
    expect(shapeDifferences({ labels: { a: 'x' } }, { labels: { b: 'y' } }, { maps })).to.deep.equal([]);
    expect(shapeDifferences({ labels: { a: 1 } }, { labels: { b: 'y' } }, { maps })).to.deep.equal([
      '$.labels.*: number, recorded string',
    ]);
  });

  it('takes an empty list for any list', () => {
    expect(shapeDifferences({ a: [] }, { a: [{ b: 1 }] })).to.deep.equal([]);
  });
});
