import { expect } from 'chai';
import fc from 'fast-check';
import { digitsBetween, isEarlier } from '../../src/records/digits.ts';

const whole = fc.bigInt({ min: 0n, max: 10n ** 20n });

describe('digits', () => {
  it('are compared as the numbers they are', () => {
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        expect(isEarlier(String(a), String(b))).to.equal(a < b);
      }),
    );
  });

  it('are subtracted', () => {
    expect(digitsBetween('1795304600123456789', '1795304600123456790')).to.equal(1);
    expect(digitsBetween('2', '1')).to.equal(-1);
  });
});
