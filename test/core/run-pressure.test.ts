import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { concatMap, defer, filter, from, map, Observable, pipe, tap } from 'rxjs';
import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { from as fromSources, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { RunResult } from '../../src/core/run.ts';
import type { Sink, SinkLedger } from '../../src/core/types.ts';
import { hear, imbalance, stage, sum } from './runs.ts';
import { gathering, handwritten, sinkOf, slow, turns } from './sinks.ts';
import { counting, eager, range } from './sources.ts';

const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((n, i) => i === 0 || n > numbers[i - 1]!);

describe('runPipeline, when a sink is a hundred times slower than its source', () => {
  const TOTAL = 200_000;
  const CAPACITY = 1000;
  const CAPACITY_BYTES = 40_000;
  const BYTES = 50;

  interface Item {
    readonly seq: number;
    readonly body: readonly number[];
  }

  interface Flood {
    readonly result: RunResult;
    readonly delivered: readonly number[];
    readonly subscriptions: number;
    readonly moments: number;
    /** What did not balance, at any moment. */
    readonly faults: readonly string[];
    readonly most: { readonly held: number; readonly bytes: number };
    /** The heap after a collection of garbage, now and then, compared with before. */
    readonly heapGrowth: number;
  }

  /** A source of a hundred records a turn into a sink of one record a turn, audited at every record and write. */
  async function flood(name: string, queue: QueueOptions): Promise<Flood> {
    const collect = garbageCollector();
    const { source, subscriptions } = counting(TOTAL, { perTurn: 100 });
    const delivered: number[] = [];
    const faults: string[] = [];
    const most = { held: 0, bytes: 0 };
    let moments = 0;
    let ledger!: SinkLedger;
    let heapBefore = 0;
    let heapMost = 0;

    const note = (where: string, by: number): void => {
      if (by !== 0) faults.push(`${where} is wrong by ${by} after ${ledger.received} records`);
    };
    const audit = (onTheWay: number): void => {
      note('the ledger', imbalance(ledger));
      // All the stages at every write, but not at every record: that takes long.
      if (onTheWay === 0 || moments % 16 === 0) {
        const [read, , written] = run.stages();
        note('the source', imbalance(read!));
        note('the sink', imbalance(written!));
        note('the sink beside its ledger', written!.received - ledger.received - onTheWay);
        note('the way to the sink', read!.delivered - ledger.received - onTheWay);
      }
      moments += 1;
      most.held = Math.max(most.held, ledger.inFlight);
      most.bytes = Math.max(most.bytes, ledger.inFlightBytes);
      if (moments % 20_000 === 0) {
        collect();
        heapMost = Math.max(heapMost, process.memoryUsage().heapUsed);
      }
    };
    const sink = sinkOf<Item>({
      queue,
      encode(item) {
        audit(1);
        return item;
      },
      sizeOf: () => BYTES,
      batch: { bytes: 100 * BYTES, lingerMs: 0 },
      open: () =>
        Promise.resolve({
          async write(batch) {
            audit(0);
            await turns(batch.length);
            audit(0);
            for (const { seq } of batch) delivered.push(seq);
          },
          close: () => Promise.resolve(),
        }),
    });
    const watched: Sink<Item> = (records) =>
      sink(records).pipe(
        tap((signal) => {
          if (signal.type === 'open') ledger = signal.ledger;
        }),
      );
    const toItem = map((seq: number): Item => ({ seq, body: Array<number>(30).fill(seq) }));
    collect();
    heapBefore = process.memoryUsage().heapUsed;
    const run = runPipeline(pipeline(name, source, toItem, watched));
    const result = await run.done;
    audit(0);
    const heapGrowth = heapMost - heapBefore;
    return { result, delivered, subscriptions: subscriptions(), moments, faults, most, heapGrowth };
  }

  function expectBounded({ result, moments, faults, most, heapGrowth, delivered }: Flood): void {
    expect(faults.slice(0, 5)).to.deep.equal([]);
    expect(moments).to.be.greaterThan(TOTAL);
    expect(most.held).to.be.at.most(CAPACITY);
    expect(most.bytes).to.be.at.most(CAPACITY_BYTES);
    expect(result).to.include({ outcome: 'completed', abandoned: 0 });
    const written = result.stages.at(-1)!;
    expect(written).to.include({ received: TOTAL, inFlight: 0, delivered: delivered.length });
    expect(written.delivered + sum(written.dropped)).to.equal(TOTAL);
    // The records are some 400 bytes each: 80 MB, were they kept.
    expect(heapGrowth).to.be.below(16e6);
  }

  it('pause: delivers every record exactly once and in order, and holds no more than its capacity', async () => {
    const flooded = await flood('flood-pause', { capacity: CAPACITY, capacityBytes: CAPACITY_BYTES });
    expectBounded(flooded);
    expect(flooded.delivered).to.deep.equal(range(0, TOTAL));
    expect(flooded.result.stages.at(-1)!.dropped).to.deep.equal({});
    expect(flooded.subscriptions).to.be.greaterThan(100);
  }).timeout(120_000);

  it('drop-oldest: keeps the newest, counts what it drops, and never holds the source back', async () => {
    const flooded = await flood('flood-oldest', {
      policy: 'drop-oldest',
      capacity: CAPACITY,
      capacityBytes: CAPACITY_BYTES,
    });
    expectBounded(flooded);
    const { delivered, result, subscriptions, most } = flooded;
    expect(isRising(delivered)).to.equal(true);
    expect(delivered.slice(-400)).to.deep.equal(range(TOTAL - 400, TOTAL));
    expect(Object.keys(result.stages.at(-1)!.dropped)).to.deep.equal(['drop-oldest']);
    expect(delivered.length).to.be.below(TOTAL / 10);
    expect([subscriptions, most.bytes]).to.deep.equal([1, CAPACITY_BYTES]);
  }).timeout(120_000);

  it('drop-newest: keeps the oldest, counts what it drops, and never holds the source back', async () => {
    const flooded = await flood('flood-newest', {
      policy: 'drop-newest',
      capacity: CAPACITY,
      capacityBytes: CAPACITY_BYTES,
    });
    expectBounded(flooded);
    const { delivered, result, subscriptions, most } = flooded;
    expect(isRising(delivered)).to.equal(true);
    expect(delivered.slice(0, 800)).to.deep.equal(range(0, 800));
    expect(Object.keys(result.stages.at(-1)!.dropped)).to.deep.equal(['drop-newest']);
    expect(delivered.length).to.be.below(TOTAL / 10);
    expect([subscriptions, most.bytes]).to.deep.equal([1, CAPACITY_BYTES]);
  }).timeout(120_000);
});

describe('runPipeline under pressure', () => {
  it('lets each sink keep to its own policy and speed', async () => {
    const TOTAL_ALL = 20_000;
    const lossless = slow({ capacity: 300 });
    const lossy = slow(
      { policy: 'drop-oldest', capacity: 50 },
      { name: 'lossy', before: (batch) => turns(3 * batch.length) },
    );
    const fast = gathering({ name: 'fast', queue: { policy: 'drop-newest' } });
    const { done } = runPipeline(
      pipeline('pressure-mixed', counting(TOTAL_ALL).source, [lossless.sink, lossy.sink, fast.sink]),
    );
    const { outcome, stages } = await done;
    expect(outcome).to.equal('completed');
    expect(stages.map(imbalance)).to.deep.equal([0, 0, 0, 0]);
    expect(stages.map(({ received }) => received)).to.deep.equal([
      TOTAL_ALL,
      TOTAL_ALL,
      TOTAL_ALL,
      TOTAL_ALL,
    ]);
    expect(lossless.records).to.deep.equal(range(0, TOTAL_ALL));
    expect(fast.records).to.deep.equal(range(0, TOTAL_ALL));
    expect(lossy.records.length).to.be.below(TOTAL_ALL);
    expect(isRising(lossy.records)).to.equal(true);
    expect(lossy.records.at(-1)).to.equal(TOTAL_ALL - 1);
  });

  it('counts in a branch what the branch lets through', async () => {
    const odd = slow({ capacity: 100 });
    const all = gathering();
    const branch = pipe(
      filter((n: number) => n % 2 === 1),
      odd.sink,
    );
    const { stages, abandoned } = await runPipeline(
      pipeline('pressure-branch', counting(5000).source, [branch, all.sink]),
    ).done;
    expect(odd.records).to.deep.equal(range(0, 5000).filter((n) => n % 2 === 1));
    expect(all.records).to.deep.equal(range(0, 5000));
    expect(stages.map(({ name, received, delivered }) => [name, received, delivered])).to.deep.equal([
      ['numbers', 5000, 5000],
      ['sink-1', 5000, 2500],
      ['sink', 5000, 5000],
    ]);
    expect(abandoned).to.equal(0);
  });

  it('has room for what operators make of a record after the queue is half full', async () => {
    const { sink, records } = slow({ capacity: 40 });
    const triple = concatMap((n: number) => from([3 * n, 3 * n + 1, 3 * n + 2]));
    const { stages } = await runPipeline(pipeline('pressure-fan', counting(2000).source, triple, sink)).done;
    expect(records).to.deep.equal(range(0, 6000));
    expect(stage(stages, 'operator-1')).to.include({ received: 2000, delivered: 6000 });
  });

  it('drops and counts what operators make beyond the capacity, under pause too', async () => {
    const { sink, records } = slow({ capacity: 40 });
    const hundred = concatMap((n: number) => from(range(100 * n, 100 * n + 100)));
    const { stages } = await runPipeline(pipeline('pressure-flush', counting(50).source, hundred, sink)).done;
    const written = stages.at(-1)!;
    expect(written).to.include({ received: 5000, delivered: records.length, inFlight: 0 });
    expect(written.dropped).to.deep.equal({ 'over-capacity': 5000 - records.length });
    expect(records.length).to.be.greaterThan(0);
  });

  it('never begins a plain Observable again: what does not fit is dropped and counted', async () => {
    let subscriptions = 0;
    const plain = defer(() => {
      subscriptions += 1;
      return from(range(0, 100));
    });
    const { sink, records } = slow({ capacity: 40 });
    const { stages } = await runPipeline(pipeline('pressure-plain', plain, sink)).done;
    expect([subscriptions, records]).to.deep.equal([1, range(0, 40)]);
    expect(stages.at(-1)).to.deep.include({ received: 100, delivered: 40, dropped: { 'over-capacity': 60 } });
  });

  it('holds all its sources back, also those that emit as soon as they are read on', async () => {
    const sources = [eager(3000), eager(3000), eager(3000)];
    const { sink, records } = slow({ capacity: 20 });
    const { stages } = await runPipeline(
      pipeline('pressure-sources', fromSources(...sources.map(({ source }) => source)), sink),
    ).done;
    expect(stages.at(-1)!.dropped).to.deep.equal({});
    expect(records).to.have.length(9000);
    expect(stages.slice(0, 3).map(({ name, delivered }) => [name, delivered])).to.deep.equal([
      ['numbers', 3000],
      ['numbers-2', 3000],
      ['numbers-3', 3000],
    ]);
  });

  it('says when it pauses and resumes, in turns, and shows it', async () => {
    const facts = hear('pressure-facts');
    const { sink } = slow({ capacity: 20 });
    const run = runPipeline(pipeline('pressure-facts', counting(500).source, sink));
    expect(run.paused()).to.equal(false);
    await facts.until('paused');
    expect(run.paused()).to.equal(true);
    await facts.until('resumed');
    await run.done;
    facts.end();
    expect(run.paused()).to.equal(false);
    const turnsTaken = facts.facts
      .map(({ type }) => type)
      .filter((type) => type === 'paused' || type === 'resumed');
    expect(turnsTaken.length).to.be.greaterThan(10);
    turnsTaken.forEach((type, i) => expect(type).to.equal(i % 2 === 0 ? 'paused' : 'resumed'));
    expect(turnsTaken.length % 2).to.equal(0);
  });

  it('pauses once for two full sinks, and resumes when both have room', async () => {
    const facts = hear('pressure-two');
    const one = handwritten({ name: 'one', queue: { capacity: 20 } });
    const two = handwritten({ name: 'two', queue: { capacity: 20 } });
    const run = runPipeline(
      pipeline('pressure-two', counting(11, { perTurn: 20 }).source, [one.sink, two.sink]),
    );
    const writes = [await one.nextWrite(), await two.nextWrite()] as const;
    const said = (): string[] => facts.facts.map(({ type }) => type).filter((type) => type !== 'opened');
    expect(said()).to.deep.equal(['paused']);
    writes[0].succeed();
    await one.nextWrite().then(({ succeed }) => succeed());
    await turns(2);
    expect([said(), run.paused()]).to.deep.equal([['paused'], true]);
    writes[1].succeed();
    await facts.until('resumed');
    await two.nextWrite().then(({ succeed }) => succeed());
    expect(await run.done).to.include({ outcome: 'completed' });
    expect([said(), run.paused()]).to.deep.equal([['paused', 'resumed'], false]);
    facts.end();
  });
});

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

describe('runPipeline with a source that heeds the gate by itself', () => {
  it('leaves it subscribed while a sink is full, and tells it of the gate', async () => {
    const gates: boolean[] = [];
    let subscriptions = 0;
    const source = defineSource<number>({
      name: 'own-pace',
      heedsGate: true,
      open: (_tell, gate) =>
        new Observable((out) => {
          subscriptions += 1;
          let next = 0;
          return gate.subscribe((isOpen) => {
            gates.push(isOpen);
            for (let left = 3; isOpen && gates.at(-1) === true && left > 0; left -= 1) out.next(next++);
            if (next >= 6) out.complete();
          });
        }),
    });
    const { sink, records } = gathering({ queue: { capacity: 4 } });
    const { outcome, abandoned } = await runPipeline(pipeline('paced', source, sink)).done;
    expect({ outcome, abandoned, subscriptions }).to.deep.equal({
      outcome: 'completed',
      abandoned: 0,
      subscriptions: 1,
    });
    expect(gates).to.include.members([true, false]);
    expect(records).to.deep.equal(records.map((_, i) => i)).and.not.to.be.empty;
  });
});
