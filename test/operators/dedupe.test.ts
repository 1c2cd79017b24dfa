import { expect } from 'chai';
import fc from 'fast-check';
import { from, identity, of } from 'rxjs';
import { audit } from '../../src/core/audit.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { dedupe, type DedupeOptions } from '../../src/operators/dedupe.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { sinkOf } from '../core/sinks.ts';
import { marbles } from '../marbles.ts';

operatorContract('dedupe', {
  make: () => dedupe<string>({ key: identity }),
  input: { a: 'a', b: 'b', c: 'c' },
  output: { a: 'a', b: 'b', c: 'c' },
});

interface Reading {
  readonly key: string;
  readonly version?: number;
  readonly time: string;
}

const at = (second: number, key = 'k', version?: number): Reading => ({
  key,
  time: new Date(second * 1000).toISOString(),
  ...(version !== undefined && { version }),
});

function passed<T>(records: readonly T[], options: DedupeOptions<T>): T[] {
  const out: T[] = [];
  from(records)
    .pipe(dedupe(options))
    .subscribe((record) => out.push(record));
  return out;
}

const byKey = { key: ({ key }: Reading): string => key };

describe('dedupe', () => {
  it('counts what it leaves out', async () => {
    const numbers = pipeline('dedupe', of(1, 2, 1, 1, 3, 2), dedupe<number>({ key: identity }), sinkOf());
    const { stages } = await runPipeline(numbers).done;
    expect(stages[1]).to.include({ received: 6, delivered: 3, deduplicated: 3, filtered: 0, exact: true });
    expect(audit(stages)).to.deep.equal([]);
  });

  it(
    'passes the first of each key',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a-a-b-(ab)-c-|');
      expectObservable(source.pipe(dedupe({ key: identity }))).toBe('-a---b------c-|');
      expectSubscriptions(source.subscriptions).toBe('^-------------!');
    }),
  );

  it(
    'fails when the key cannot be told',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-|');
      const key = (record: string): string => {
        if (record === 'b') throw new Error('no key');
        return record;
      };
      expectObservable(source.pipe(dedupe({ key }))).toBe('-a-#', undefined, new Error('no key'));
      expectSubscriptions(source.subscriptions).toBe('    ^--!');
    }),
  );

  it(
    'remembers nothing from one subscription to the next',
    marbles(({ cold, expectObservable }) => {
      const deduped = cold('aa|').pipe(dedupe({ key: identity }));
      expectObservable(deduped).toBe('a-|');
      expectObservable(deduped, '----^').toBe('----a-|');
    }),
  );

  it('passes a key again when its version changed, also back', () => {
    const records = [1, 1, 2, 2, 1, NaN, NaN].map((version) => at(0, 'k', version));
    const versions = passed(records, { ...byKey, version: (record) => record.version }).map(
      ({ version }) => version,
    );
    expect(versions).to.deep.equal([1, 2, 1, NaN]);
  });

  it("passes a key again after its time, by the records' clock, counted from the one that passed", () => {
    const records = [at(0), at(4), at(9), at(10), at(19), at(20)];
    const seconds = passed(records, { ...byKey, ttlMs: 10_000 }).map(({ time }) => Date.parse(time) / 1000);
    expect(seconds).to.deep.equal([0, 10, 20]);
  });

  it('takes one from before for a repeat', () => {
    expect(passed([at(100), at(0), at(99)], { ...byKey, ttlMs: 10_000 })).to.deep.equal([at(100)]);
  });

  it('reads the time of flat records, and any other by timeOf', () => {
    const flat = ['2026-11-22T00:00:00Z', '2026-11-22T00:00:05Z'].map((time) => ({ '@timestamp': time }));
    expect(passed(flat, { key: () => 1, ttlMs: 5_000 })).to.have.lengthOf(2);
    expect(passed(flat, { key: () => 1, ttlMs: 5_001 })).to.have.lengthOf(1);
    expect(passed([0, 5, 10], { key: () => 1, ttlMs: 10, timeOf: identity })).to.deep.equal([0, 10]);
  });

  it('fails on a record without a time, only when it needs one', () => {
    expect(passed([{}, {}], { key: () => 'k' })).to.have.lengthOf(1);
    let failure: unknown;
    from([{}])
      .pipe(dedupe({ key: () => 'k', ttlMs: 1 }))
      .subscribe({ error: (error: unknown) => (failure = error) });
    expect(failure).to.be.instanceOf(TypeError).with.property('message').that.includes('timeOf');
  });

  it('remembers no more keys than it may, and forgets the one not seen for longest', () => {
    const keys = ['a', 'b', 'a', 'c', 'a', 'b', 'c'];
    expect(passed(keys, { key: identity, maxKeys: 2 })).to.deep.equal(['a', 'b', 'c', 'b', 'c']);
    expect(passed(keys, { key: identity, maxKeys: 3 })).to.deep.equal(['a', 'b', 'c']);
  });

  it('forgets a sixteenth at once', () => {
    const first = Array.from({ length: 161 }, (_, n) => n);
    const again = [10, 11, 160];
    expect(passed([...first, ...again], { key: identity<number>, maxKeys: 160 })).to.deep.equal([
      ...first,
      10,
    ]);
  });

  it('never drops a key for the first time, whatever its bound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 })),
        fc.integer({ min: 1, max: 4 }),
        (keys, maxKeys) => {
          const out = passed(keys, { key: identity, maxKeys });
          expect(new Set(out)).to.deep.equal(new Set(keys));
          expect(passed(keys, { key: identity })).to.deep.equal([...new Set(keys)]);
        },
      ),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => dedupe<string>({ key: identity, maxKeys: 1.5 })).to.throw(
      PipelineError,
      'dedupe: maxKeys must be a whole number above 0',
    );
    expect(() => dedupe<string>({ key: identity, ttlMs: -1 })).to.throw(
      PipelineError,
      'dedupe: ttlMs must be a number above 0, not -1',
    );
    expect(() => dedupe({ key: 'id' } as never)).to.throw(
      PipelineError,
      'dedupe: key must be a function, not "id"',
    );
    expect(() => dedupe({ key: identity, ttl: 5 } as never)).to.throw(
      PipelineError,
      'dedupe: there is no option "ttl"',
    );
  });
});
