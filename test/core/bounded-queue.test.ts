import { expect } from 'chai';
import fc from 'fast-check';
import { boundedQueue, checkQueue } from '../../src/core/bounded-queue.ts';
import type { BoundedQueue, QueueOptions } from '../../src/core/bounded-queue.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { imbalance, sum } from './runs.ts';

type Policy = NonNullable<QueueOptions['policy']>;
interface Item {
  readonly id: number;
  readonly bytes: number;
}
/** The queue's rules in the most naive form. */
interface Model {
  readonly policy: Policy;
  readonly capacity: number;
  readonly capacityBytes: number;
  received: number;
  delivered: number;
  rejected: number;
  waiting: Item[];
  taken: Item[];
  dropped: Record<string, number>;
  full: boolean;
  /** The first item behind the mark. */
  mark: number | undefined;
}
type Step = (queue: BoundedQueue<Item>, model: Model) => void;

const POLICIES = ['pause', 'drop-oldest', 'drop-newest'] as const;
const bytesOf = (items: readonly Item[]): number => items.reduce((total, { bytes }) => total + bytes, 0);
const heldBy = ({ waiting, taken }: Model): Item[] => [...taken, ...waiting];

function offer(model: Model, item: Item): void {
  const fitsBeside = (others: readonly Item[]): boolean =>
    others.length < model.capacity && bytesOf(others) + item.bytes <= model.capacityBytes;
  const drop = (reason: string): void => {
    model.dropped[reason] = (model.dropped[reason] ?? 0) + 1;
  };
  model.received += 1;
  if (item.bytes > model.capacityBytes) return drop('too-large');
  if (model.policy === 'drop-oldest' && fitsBeside(model.taken))
    while (!fitsBeside(heldBy(model))) {
      model.waiting.shift();
      drop('drop-oldest');
    }
  if (!fitsBeside(heldBy(model)))
    return drop(model.policy === 'drop-newest' ? 'drop-newest' : 'over-capacity');
  model.waiting.push(item);
  if (model.policy === 'pause' && isAbove(model, 1 / 2)) model.full = true;
}

const isAbove = (model: Model, share: number): boolean =>
  heldBy(model).length > model.capacity * share || bytesOf(heldBy(model)) > model.capacityBytes * share;

const offering = fc.nat(60).map((bytes): Step => (queue, model) => {
  const item = { id: model.received, bytes };
  queue.offer(item, bytes);
  offer(model, item);
});
const rejecting = fc.constant<Step>((queue, model) => {
  queue.reject('unencodable');
  model.received += 1;
  model.rejected += 1;
});
const writing = fc
  .record({ items: fc.integer({ min: 1, max: 30 }), bytes: fc.nat(200) })
  .map((limit): Step => (queue, model) => {
    if (model.taken.length > 0) {
      expect(queue.settle()).to.equal(model.taken.length);
      model.delivered += model.taken.length;
      model.taken = [];
      if (!isAbove(model, 1 / 4)) model.full = false;
    } else if (model.waiting.length > 0) {
      const items = Math.min(limit.items, Math.ceil(model.capacity / 2));
      const bytes = Math.min(limit.bytes, Math.ceil(model.capacityBytes / 2));
      expect(queue.holds(limit.items, limit.bytes)).to.equal(
        model.waiting.length >= items || bytesOf(model.waiting) >= bytes,
      );
      const batch: Item[] = [];
      const reached = isAtMark(model);
      if (!reached) batch.push(model.waiting.shift()!);
      while (
        !reached &&
        model.waiting.length > 0 &&
        (model.mark === undefined || batch[0]!.id >= model.mark || model.waiting[0]!.id < model.mark) &&
        batch.length < items &&
        bytesOf([...batch, model.waiting[0]!]) <= bytes
      )
        batch.push(model.waiting.shift()!);
      expect(queue.take(limit.items, limit.bytes)).to.deep.equal(batch);
      model.taken = batch;
    }
  });

/** The identifiers are the order of arrival, and those dropped on arrival have some too. */
const isAtMark = (model: Model): boolean =>
  model.mark !== undefined && heldBy(model).every(({ id }) => id >= model.mark!);
const marking = fc.constant<Step>((queue, model) => {
  if (isAtMark(model)) {
    queue.unmark();
    model.mark = undefined;
  } else {
    queue.mark();
    model.mark = model.received;
  }
});

const limits = fc.record({
  policy: fc.constantFrom(...POLICIES),
  capacity: fc.integer({ min: 1, max: 12 }),
  capacityBytes: fc.integer({ min: 1, max: 200 }),
});

describe('boundedQueue', () => {
  it('does what its rules say, in every order of what can happen', () => {
    const steps = fc.array(
      fc.oneof({ weight: 6, arbitrary: offering }, rejecting, marking, { weight: 2, arbitrary: writing }),
      {
        maxLength: 120,
      },
    );
    fc.assert(
      fc.property(limits, steps, (options, all) => {
        const queue = boundedQueue<Item>(options);
        const model: Model = {
          ...options,
          ...{ received: 0, delivered: 0, rejected: 0, waiting: [], taken: [], dropped: {}, full: false },
          mark: undefined,
        };
        for (const step of all) {
          step(queue, model);
          const { ledger } = queue;
          expect(imbalance(ledger)).to.equal(0);
          expect(ledger.inFlight).to.be.at.most(options.capacity);
          expect(ledger.inFlightBytes).to.be.at.most(options.capacityBytes);
          expect({
            ...{ received: ledger.received, delivered: ledger.delivered, rejected: sum(ledger.rejected) },
            ...{ dropped: ledger.dropped, inFlight: ledger.inFlight, bytes: ledger.inFlightBytes },
            ...{ waiting: queue.waiting, full: queue.full, atMark: queue.atMark },
          }).to.deep.equal({
            ...{ received: model.received, delivered: model.delivered, rejected: model.rejected },
            ...{ dropped: model.dropped, inFlight: heldBy(model).length, bytes: bytesOf(heldBy(model)) },
            ...{ waiting: model.waiting.length, full: model.full, atMark: isAtMark(model) },
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('packs what waits, and keeps to every bound and to the order', () => {
    const steps = fc.array(
      fc.tuple(fc.nat(60), fc.constantFrom('offer', 'offer', 'offer', 'write', 'mark')),
      {
        maxLength: 150,
      },
    );
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 150 }), steps, (options, packBytes, all) => {
        const queue = boundedQueue<Item, readonly Item[]>(options, {
          bytes: packBytes,
          pack: (items) => [...items],
        });
        const offered: Item[] = [];
        const taken: Item[] = [];
        let writing = 0;
        let mark: number | undefined;
        const write = (): void => {
          if (writing > 0) expect(queue.settle()).to.equal(writing);
          if (queue.atMark) {
            expect(queue.take(10, 100)).to.deep.equal([]);
            queue.unmark();
            mark = undefined;
          }
          const batch = queue.take(10, 100);
          writing = batch.flat().length;
          if (mark !== undefined) expect(batch.flat().every(({ id }) => id < mark!)).to.equal(true);
          taken.push(...batch.flat());
          expect(writing).to.be.at.most(Math.ceil(options.capacity / 2));
        };
        for (const [bytes, step] of all) {
          if (step === 'offer') {
            offered.push({ id: offered.length, bytes });
            queue.offer(offered.at(-1)!, bytes);
          } else if (step === 'mark') {
            queue.mark();
            mark = offered.length;
          } else write();
          const { ledger } = queue;
          expect(imbalance(ledger)).to.equal(0);
          expect(ledger.received).to.equal(offered.length);
          expect(ledger.inFlight).to.be.at.most(options.capacity);
          expect(ledger.inFlightBytes).to.be.at.most(options.capacityBytes);
        }
        const newest = offered.findLast(({ bytes }) => bytes <= options.capacityBytes);
        const held = queue.waiting;
        while (queue.waiting > 0) write();
        if (writing > 0) queue.settle();
        expect(taken.every(({ id }, i) => i === 0 || id > taken[i - 1]!.id)).to.equal(true);
        expect(queue.ledger).to.include({ delivered: taken.length, inFlight: 0, inFlightBytes: 0 });
        // The newest record is only refused where what was being written took the room.
        if (
          options.policy === 'drop-oldest' &&
          held > 0 &&
          queue.ledger.dropped['over-capacity'] === undefined
        )
          expect(taken.at(-1)).to.equal(newest);
        if (options.policy !== 'drop-oldest')
          expect(queue.ledger.dropped).to.not.have.property('drop-oldest');
      }),
      { numRuns: 300 },
    );
  });

  it('takes no more than half of its capacity in packs, so that newer records find room', () => {
    const queue = boundedQueue<number, readonly number[]>(
      { policy: 'drop-oldest', capacity: 100 },
      { bytes: 10, pack: (items) => items },
    );
    for (let i = 0; i < 95; i += 1) queue.offer(i, 1);
    expect(queue.take(1000, 1000).flat()).to.have.length(50);
    for (let i = 95; i < 150; i += 1) queue.offer(i, 1);
    queue.settle();
    expect(queue.take(1000, 1000).flat().at(-1)).to.equal(149);
  });

  const filled = (options: QueueOptions, count: number): BoundedQueue<number> => {
    const queue = boundedQueue<number>(options);
    for (let i = 0; i < count; i += 1) queue.offer(i, 1);
    return queue;
  };

  it('keeps the newest under drop-oldest, also while it writes', () => {
    const queue = filled({ policy: 'drop-oldest', capacity: 10 }, 15);
    expect(queue.take(100, 100)).to.deep.equal([5, 6, 7, 8, 9]);
    for (let i = 15; i < 30; i += 1) queue.offer(i, 1);
    queue.settle();
    expect(queue.take(100, 100)).to.deep.equal([25, 26, 27, 28, 29]);
    expect(queue.ledger.dropped).to.deep.equal({ 'drop-oldest': 20 });
  });

  it('keeps the oldest under drop-newest', () => {
    const queue = filled({ policy: 'drop-newest', capacity: 10 }, 15);
    const kept: number[] = [];
    while (queue.waiting > 0) {
      kept.push(...queue.take(100, 100));
      queue.settle();
    }
    expect(kept).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(queue.ledger.dropped).to.deep.equal({ 'drop-newest': 5 });
  });

  it('does not give up what waits for a record that would not fit anyway', () => {
    const queue = boundedQueue<string>({ policy: 'drop-oldest', capacityBytes: 100 });
    queue.offer('under way', 90);
    queue.take(1, 100);
    queue.offer('waits', 10);
    queue.offer('does not fit', 20);
    queue.offer('larger than the queue', 101);
    expect(queue.waiting).to.equal(1);
    expect(queue.ledger.dropped).to.deep.equal({ 'over-capacity': 1, 'too-large': 1 });
  });

  it('is full above a half and no longer at a quarter', () => {
    const queue = filled({ capacity: 8 }, 4);
    expect(queue.full).to.equal(false);
    queue.offer(4, 1);
    expect(queue.full).to.equal(true);
    queue.take(2, 10);
    queue.settle();
    expect([queue.ledger.inFlight, queue.full]).to.deep.equal([3, true]);
    queue.take(1, 10);
    queue.settle();
    expect([queue.ledger.inFlight, queue.full]).to.deep.equal([2, false]);
  });

  it('counts bytes as it counts records', () => {
    const queue = boundedQueue<string>({ capacityBytes: 100 });
    queue.offer('large', 51);
    expect(queue.full).to.equal(true);
    queue.take(1, 1);
    queue.settle();
    expect(queue.full).to.equal(false);
  });

  it('works with room for a single record', () => {
    for (const policy of POLICIES) {
      const queue = filled({ policy, capacity: 1, capacityBytes: 1 }, 3);
      expect(queue.take(5, 5), policy).to.deep.equal([policy === 'drop-oldest' ? 2 : 0]);
      queue.offer(3, 1);
      expect(queue.ledger.inFlight, policy).to.equal(1);
      queue.settle();
      expect(queue.full, policy).to.equal(false);
      expect(queue.ledger.inFlight, policy).to.equal(0);
      expect(imbalance(queue.ledger), policy).to.equal(0);
    }
  });

  it('takes no record whose size is no number', () => {
    for (const policy of POLICIES) {
      const queue = boundedQueue<number>({ policy, capacity: 4 });
      queue.offer(1, 1);
      queue.offer(2, NaN);
      expect(queue.ledger.inFlightBytes, policy).to.equal(1);
      expect(imbalance(queue.ledger), policy).to.equal(0);
    }
  });
});

describe('checkQueue', () => {
  const refusal = (queue: unknown): string => {
    try {
      checkQueue('file', queue as QueueOptions);
    } catch (error) {
      expect(error).to.be.instanceOf(PipelineError).with.property('code', 'CONFIG_INVALID');
      return (error as Error).message;
    }
    return 'accepted';
  };

  it('takes what is right, and nothing at all', () => {
    for (const policy of POLICIES)
      expect(refusal({ policy, capacity: 1, capacityBytes: 1 })).to.equal('accepted');
    expect(refusal({})).to.equal('accepted');
    expect(refusal(undefined)).to.equal('accepted');
  });

  it('names the option that is wrong', () => {
    expect(refusal({ policy: 'block' })).to.equal(
      `file: queue.policy must be 'pause', 'drop-oldest' or 'drop-newest', not "block"`,
    );
    expect(refusal({ capacity: 0 })).to.equal(
      'file: queue.capacity must be a whole number of 1 or more, not 0',
    );
    expect(refusal({ capacityBytes: 1.5 })).to.match(/^file: queue\.capacityBytes must .* not 1\.5$/);
    expect(refusal({ capacity: NaN })).to.match(/not NaN$/);
    expect(refusal({ capacity: Infinity })).to.match(/not Infinity$/);
    expect(refusal({ capacity: '10' })).to.match(/not "10"$/);
    expect(refusal({ capacity: 10n })).to.match(/not 10n$/);
  });

  it('names an option that does not exist', () => {
    expect(refusal({ polcy: 'pause' })).to.match(
      /^file: there is no option "queue.polcy"; it has queue.policy, /,
    );
    expect(refusal(null)).to.match(/^file: queue must be an object of options, not null$/);
    expect(refusal('pause')).to.match(/^file: queue must be an object of options, not "pause"$/);
  });
});
