import { expect } from 'chai';
import fc from 'fast-check';
import { nanoDigitsOf, nanoFormatter } from '../../src/records/rfc3339.ts';

describe('nanoFormatter', () => {
  it('writes nine digits of fraction, in UTC', () => {
    const format = nanoFormatter();
    expect(format('1795304600123456789')).to.equal('2026-11-21T23:43:20.123456789Z');
    expect(format('1795304600000000001')).to.equal('2026-11-21T23:43:20.000000001Z');
    expect(format('1795304601000000000')).to.equal('2026-11-21T23:43:21.000000000Z');
  });

  it('writes times of the first second and before 2001', () => {
    const format = nanoFormatter();
    expect(format('0')).to.equal('1970-01-01T00:00:00.000000000Z');
    expect(format('7')).to.equal('1970-01-01T00:00:00.000000007Z');
    expect(format('1000000000')).to.equal('1970-01-01T00:00:01.000000000Z');
    expect(format('999999999999999999')).to.equal('2001-09-09T01:46:39.999999999Z');
  });

  it('loses nothing of any time, in whatever order they come', () => {
    const format = nanoFormatter();
    const nano = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n });
    fc.assert(
      fc.property(nano, (time) => {
        const [seconds, fraction] = format(String(time)).split('.') as [string, string];
        const back = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.slice(0, -1));
        expect(back).to.equal(time);
        expect(fraction).to.have.lengthOf(10);
      }),
    );
  });

  it('orders as the times do', () => {
    const format = nanoFormatter();
    const nano = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n });
    fc.assert(
      fc.property(nano, nano, (a, b) => {
        expect(format(String(a)) < format(String(b))).to.equal(a < b);
      }),
    );
  });
});

describe('nanoDigitsOf', () => {
  it('is the way back', () => {
    const format = nanoFormatter();
    fc.assert(
      fc.property(fc.bigInt({ min: 1_000_000n, max: 9_999_999_999_999_999_999n }), (nano) => {
        expect(nanoDigitsOf(format(String(nano)))).to.equal(String(nano));
      }),
    );
  });

  it('reads fewer digits and other zones', () => {
    expect(nanoDigitsOf('2026-11-21T23:43:20.5Z')).to.equal('1795304600500000000');
    expect(nanoDigitsOf('2026-11-22T00:43:20+01:00')).to.equal('1795304600000000000');
  });

  it('is nothing where there is no time', () => {
    for (const none of ['0001-01-01T00:00:00Z', 'soon', '', undefined, null, 7])
      expect(nanoDigitsOf(none)).to.equal(undefined);
  });
});
