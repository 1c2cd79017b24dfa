import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { fifo } from '../../src/core/fifo.ts';
import type { Fifo } from '../../src/core/fifo.ts';

interface Entry {
  readonly item: number;
  readonly bytes: number;
}
type Step = (queue: Fifo<number>, model: Entry[]) => void;

const push = fc
  .record({ item: fc.integer(), bytes: fc.nat(1000) })
  .map(({ item, bytes }): Step => (queue, model) => {
    queue.push(item, bytes);
    model.push({ item, bytes });
  });
const shift = fc.constant<Step>((queue, model) => {
  expect(queue.first()).to.deep.equal(model[0]);
  queue.shift();
  model.shift();
});
const take = fc.record({ items: fc.nat(20), bytes: fc.nat(3000) }).map((limit): Step => (queue, model) => {
  const batch: Entry[] = [];
  const fits = ({ bytes }: Entry): boolean =>
    batch.length < limit.items && (batch.length === 0 || total(batch) + bytes <= limit.bytes);
  while (model.length > 0 && fits(model[0]!)) batch.push(model.shift()!);
  expect(queue.take(limit.items, limit.bytes)).to.deep.equal({
    items: batch.map(({ item }) => item),
    bytes: total(batch),
  });
});
const total = (entries: readonly Entry[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0);

describe('fifo', () => {
  it('does what a plain list does', () => {
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: push }, shift, take), { maxLength: 300 });
    fc.assert(
      fc.property(steps, (all) => {
        const queue = fifo<number>();
        const model: Entry[] = [];
        for (const step of all) {
          step(queue, model);
          expect([queue.size, queue.bytes]).to.deep.equal([model.length, total(model)]);
        }
      }),
    );
  });

  it('keeps the order of 100,000 records that come and go', () => {
    const queue = fifo<number>();
    const out: number[] = [];
    for (let i = 0; i < 100_000; i += 1) {
      queue.push(i, 1);
      if (i % 3 === 2) out.push(...queue.take(2, 10).items);
    }
    out.push(...queue.take(Infinity, Infinity).items);
    expect(out).to.have.length(100_000);
    expect(out.every((item, i) => item === i)).to.equal(true);
    expect([queue.size, queue.bytes]).to.deep.equal([0, 0]);
  });

  it('does not hold on to what was taken or removed', () => {
    const collect = collector();
    const queue = fifo<Uint8Array>();
    const gone: WeakRef<Uint8Array>[] = [];
    const add = (): void => {
      const item = new Uint8Array(1000);
      gone.push(new WeakRef(item));
      queue.push(item, 1000);
    };
    for (let i = 0; i < 900; i += 1) add();
    queue.take(400, Infinity);
    for (let i = 0; i < 400; i += 1) queue.shift();
    return collect().then(() => {
      expect(gone.filter((ref) => ref.deref() !== undefined)).to.have.length(100);
    });
  });
});

/** Collects garbage, once what this turn has looked at may go. */
function collector(): () => Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  };
}
