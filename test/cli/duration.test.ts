import { expect } from 'chai';
import { parseDuration } from '../../src/cli/duration.ts';

describe('cli: durations', () => {
  it('are a number with a unit', () => {
    expect(['500ms', '10s', '1.5s', '2m', '1h', '0s'].map(parseDuration)).to.deep.equal([
      500, 10_000, 1500, 120_000, 3_600_000, 0,
    ]);
  });

  it('are refused in any other form, and beyond what a timer can wait', () => {
    for (const text of ['', '10', 's', '-1s', '1e3s', '10 s', '10S', 'Infinitys', '1s2', '597h'])
      expect(parseDuration(text), text).to.equal(undefined);
    expect(parseDuration('596h')).to.equal(596 * 3_600_000);
  });
});
