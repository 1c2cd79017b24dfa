import { expect } from 'chai';
import {
  showBytes,
  showCount,
  showPercent,
  showPerSecond,
  showRate,
  showSpan,
  showTime,
} from '../../web/src/model/units.ts';

const cases = <T>(show: (value: T) => string, wanted: readonly (readonly [T, string])[]): void => {
  for (const [value, text] of wanted) expect(show(value), String(value)).to.equal(text);
};

describe('web: units', () => {
  it('memory in binary units, one step from the next', () =>
    cases(showBytes, [
      [undefined, '–'],
      [0, '0 B'],
      [1023, '1023 B'],
      [1024, '1.0 KiB'],
      [1024 * 1024 - 1, '1.0 MiB'],
      [150 * 1024 ** 2, '150 MiB'],
      [1.5 * 1024 ** 3, '1.5 GiB'],
      [2 ** 63, '8192 PiB'],
    ]));

  it('rates in decimal units', () =>
    cases(showRate, [
      [undefined, '–'],
      [0, '0 B/s'],
      [999, '999 B/s'],
      [999.7, '1.0 kB/s'],
      [12_345, '12.3 kB/s'],
      [2e9, '2.0 GB/s'],
    ]));

  it('per cent, small ones as such', () =>
    cases(showPercent, [
      [undefined, '–'],
      [0, '0.0 %'],
      [0.01, '<0.1 %'],
      [7.25, '7.3 %'],
      [100, '100 %'],
      [1234.5, '1235 %'],
    ]));

  it('counts, and how many a second', () => {
    cases(showCount, [
      [0, '0'],
      [9_999, '9999'],
      [12_345, '12.3 k'],
      [3_400_000, '3.4 M'],
      [2e9, '2.0 G'],
    ]);
    cases(showPerSecond, [
      [undefined, '–'],
      [0, '0/s'],
      [2.5, '2.5/s'],
      [1000, '1000/s'],
    ]);
  });

  it('a duration, where it is known', () =>
    cases(showSpan, [
      [undefined, '–'],
      [61, '1 min 1 s'],
    ]));

  it('a time with its date where it is of another day', () => {
    const at = new Date(2026, 5, 4, 13, 5, 9).getTime();
    expect(showTime(at, at + 1_000)).to.equal('13:05:09');
    expect(showTime(at, at + 86_400_000)).to.equal('04 Jun 13:05:09');
  });
});
