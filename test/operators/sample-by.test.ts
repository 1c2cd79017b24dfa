import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { identity } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { sampleBy } from '../../src/operators/sample-by.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import { booksOf, emittedOf } from './lifecycle.ts';

const all = { a: 'a', b: 'b', c: 'c' };
operatorContract('sampleBy', {
  make: () => sampleBy<string>({ key: identity, share: 1 }),
  input: all,
  output: all,
});

/** As containers' ids are. */
const ids = Array.from({ length: 10_000 }, (_, i) => createHash('sha256').update(String(i)).digest('hex'));
const kept = (keys: readonly string[], share: number): readonly string[] =>
  emittedOf(keys, sampleBy<string>({ key: identity, share }));

describe('sampleBy', () => {
  it('keeps about the share of the keys, whatever they look like', () => {
    const alike = ids.map((_, i) => `web-${i}`);
    for (const keys of [ids, alike])
      for (const share of [0.01, 0.1, 0.5, 0.9]) {
        // Five standard deviations: the keys are the same in each run.
        const spread = 5 * Math.sqrt(keys.length * share * (1 - share));
        expect(kept(keys, share).length).to.be.closeTo(keys.length * share, spread);
      }
  });

  it('keeps all records of a key or none, the same in each run, and a smaller share of the same', () => {
    const half = new Set(kept(ids, 0.5));
    const twice = kept([...ids, ...ids], 0.5);
    expect(twice).to.have.lengthOf(half.size * 2);
    expect(twice.every((id) => half.has(id))).to.equal(true);
    expect(kept(ids, 0.1).every((id) => half.has(id))).to.equal(true);
    // Another version of this program has to keep the same ones.
    expect(kept(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 0.5)).to.deep.equal(['a', 'c', 'e', 'g', 'h']);
  });

  it(
    'passes on what it keeps when it comes',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot(' -a-b-c-#');
      const halved = source.pipe(sampleBy<string>({ key: identity, share: 0.5 }));
      expectObservable(halved).toBe('-a---c-#');
      expectSubscriptions(source.subscriptions).toBe('^------!');
    }),
  );

  it('counts what it leaves out', async () => {
    const { stage, imbalances } = await booksOf(ids, sampleBy<string>({ key: identity, share: 0.25 }));
    const share = kept(ids, 0.25).length;
    expect(stage).to.include({ received: 10_000, delivered: share, filtered: 10_000 - share, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('refuses options that cannot be', () => {
    expect(() => sampleBy({ key: identity } as never)).to.throw('sampleBy: share is missing');
    for (const share of [0, 1.5, -1, NaN])
      expect(() => sampleBy<string>({ key: identity, share })).to.throw(
        PipelineError,
        `sampleBy: share must be a number above 0, up to 1, not ${share}`,
      );
  });
});
