import { expect } from 'chai';
import { concat, from, NEVER, of, Subject, throwError } from 'rxjs';
import type { Observable, Subscription } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { queued } from '../../src/core/queued.ts';
import type { Writer } from '../../src/core/queued.ts';
import type { Sink, SinkLedger, SinkSignal } from '../../src/core/types.ts';
import { released, resources } from '../contracts/resources.ts';
import { imbalance, sum } from './runs.ts';
import { gathering, handwritten, mailbox, sinkOf, turns } from './sinks.ts';
import { counting, range } from './sources.ts';

const away = new PipelineError('SINK_UNAVAILABLE', 'the disk is full');
const QUICK = { firstMs: 1, maxMs: 2 };

interface Watched {
  readonly signals: readonly SinkSignal[];
  readonly types: () => string[];
  readonly ledger: () => SinkLedger;
  /** Settles when the sink completes; rejects when it fails. */
  readonly end: Promise<void>;
  readonly next: (type: SinkSignal['type']) => Promise<SinkSignal>;
  readonly subscription: Subscription;
}

function watch<T>(sink: Sink<T>, input: Observable<T>): Watched {
  const signals: SinkSignal[] = [];
  const boxes = new Map<string, ReturnType<typeof mailbox<SinkSignal>>>();
  const box = (type: string): ReturnType<typeof mailbox<SinkSignal>> => {
    const known = boxes.get(type) ?? mailbox<SinkSignal>();
    boxes.set(type, known);
    return known;
  };
  let subscription!: Subscription;
  const end = new Promise<void>((resolve, reject) => {
    subscription = input.pipe(sink).subscribe({
      next: (signal) => {
        signals.push(signal);
        box(signal.type).put(signal);
      },
      error: reject,
      complete: resolve,
    });
  });
  end.catch(() => undefined);
  return {
    signals,
    types: () => signals.map(({ type }) => type),
    ledger: () => (signals[0] as Extract<SinkSignal, { type: 'open' }>).ledger,
    end,
    next: (type) => box(type).get(),
    subscription,
  };
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );

describe('queued', () => {
  it('carries its name and refuses a wrong queue at once', () => {
    expect(sinkOf({ name: 'ndjsonFile' }).name).to.equal('ndjsonFile');
    expect(() => sinkOf({ name: 'file', queue: { capacity: 0 } })).to.throw(
      PipelineError,
      /^file: queue\.capacity/,
    );
  });

  it('says first what it writes to, and shows its books', () => {
    const { sink } = handwritten({ target: '/var/log/x' });
    const { signals, subscription } = watch(sink, NEVER);
    expect(signals[0]).to.include({ type: 'open', target: '/var/log/x' });
    subscription.unsubscribe();
  });

  it('lets the writer say what is to be known', async () => {
    const sink = sinkOf({
      open: (tell) => {
        tell('repaired');
        return Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() });
      },
    });
    const { signals, end } = watch(sink, of(1));
    await end;
    expect(signals).to.deep.include({ type: 'notice', message: 'repaired' });
  });

  describe('batches', () => {
    it('are never empty, and keep the order', async () => {
      const { sink, batches, records } = gathering({ batch: { bytes: 100, lingerMs: 1 }, sizeOf: () => 40 });
      await watch(sink, from(range(0, 100))).end;
      expect(records).to.deep.equal(range(0, 100));
      expect(batches.every((batch) => batch.length > 0)).to.equal(true);
    });

    it('hold at most 16,384 records and 4 MiB, but one record at least', async () => {
      const many = gathering({ sizeOf: () => 1 });
      await watch(many.sink, from(range(0, 40_000))).end;
      expect(many.batches.map(({ length }) => length)).to.deep.equal([16_384, 16_384, 7232]);
      const large = gathering({ sizeOf: (n) => n });
      const MiB = 1024 * 1024;
      await watch(large.sink, of(2 * MiB, 2 * MiB, 8 * MiB, 1)).end;
      expect(large.batches).to.deep.equal([[2 * MiB, 2 * MiB], [8 * MiB], [1]]);
    });

    it('are packed when there is a packer, in order, and their records are counted', async () => {
      const written: string[] = [];
      const sink = queued<number, string, readonly string[]>({
        ...{ name: 'sink', target: 'memory', encode: String, sizeOf: (text) => text.length },
        queue: { capacity: 40 },
        batch: { bytes: 20, lingerMs: 1 },
        pack: (texts) => [texts.join(' ')],
        open: () =>
          Promise.resolve({
            async write(packs) {
              await turns(1);
              for (const pack of packs) written.push(...pack);
            },
            close: () => Promise.resolve(),
          }),
      });
      const { ledger, end } = watch(sink, counting(1000, { perTurn: 3 }).source);
      await end;
      expect(written.join(' ')).to.equal(range(0, 1000).join(' '));
      expect(written.length).to.be.below(500);
      expect(ledger()).to.deep.include({ received: 1000, delivered: 1000, dropped: {}, inFlight: 0 });
    });

    it('that cannot be packed are rejected, and hold nothing up', async () => {
      const sink = queued<number, number>({
        ...{ name: 'sink', target: 'memory', encode: (n) => n, sizeOf: () => 10 },
        queue: { capacity: 8 },
        batch: { bytes: 30, lingerMs: 0 },
        pack: (numbers) => {
          if (numbers.includes(4) || numbers.includes(10)) throw new Error('cannot be packed');
          return numbers[0]!;
        },
        open: () =>
          Promise.resolve({
            write: (batch) => Promise.resolve(void expect(batch).to.not.deep.equal([])),
            close: () => Promise.resolve(),
          }),
      });
      const { ledger, end, types } = watch(sink, from(range(0, 11)));
      await end;
      const { received, delivered, inFlight, rejected } = ledger();
      expect([received, inFlight, imbalance(ledger())]).to.deep.equal([11, 0, 0]);
      expect(delivered + sum(rejected) + sum(ledger().dropped)).to.equal(11);
      expect(rejected['unencodable']).to.be.greaterThan(2);
      expect(types().filter((type) => type === 'pause').length).to.equal(
        types().filter((type) => type === 'resume').length,
      );
    });

    it('are written one after the other, never two at once', async () => {
      let writing = 0;
      const { sink, records } = gathering({
        queue: { capacity: 20 },
        async before() {
          writing += 1;
          expect(writing).to.equal(1);
          await turns(3);
          writing -= 1;
        },
      });
      const input = new Subject<number>();
      const { end } = watch(sink, input);
      for (let i = 0; i < 100; i += 1) {
        input.next(i);
        await turns(1);
      }
      input.complete();
      await end;
      expect(records).to.deep.equal(range(0, 100));
    });

    it('wait for more, so that a trickle is not written record by record', async () => {
      const { sink, nextWrite } = handwritten({ batch: { bytes: 50, lingerMs: 2 ** 30 } });
      const input = new Subject<number>();
      const { subscription } = watch(sink, input);
      for (let i = 0; i < 5; i += 1) {
        input.next(i);
        await turns(2);
      }
      expect((await nextWrite()).batch).to.deep.equal([0, 1, 2, 3, 4]);
      subscription.unsubscribe();
    });

    it('wait no longer than said', async () => {
      const { sink, nextWrite } = handwritten({ batch: { bytes: 1e6, lingerMs: 5 } });
      const { subscription } = watch(sink, concat(of(1), NEVER));
      expect((await nextWrite()).batch).to.deep.equal([1]);
      subscription.unsubscribe();
    });

    it('do not wait for more than half of the queue holds', async () => {
      for (const queue of [
        { capacity: 10 },
        { capacityBytes: 100 },
        { capacity: 10, policy: 'drop-newest' as const },
      ]) {
        const { sink, nextWrite } = handwritten({ queue, batch: { bytes: 1e6, lingerMs: 2 ** 30 } });
        const { subscription } = watch(sink, concat(from(range(0, 5)), NEVER));
        expect((await nextWrite()).batch).to.deep.equal(range(0, 5));
        subscription.unsubscribe();
      }
    });

    it('do not wait once the input has ended', async () => {
      const { sink, records } = gathering({ batch: { bytes: 1e6, lingerMs: 2 ** 30 } });
      const input = new Subject<number>();
      const { end } = watch(sink, input);
      input.next(1);
      await turns(2);
      input.complete();
      await end;
      expect(records).to.deep.equal([1]);
    });
  });

  describe('books', () => {
    it('reject what cannot be encoded or measured, and go on', async () => {
      const { sink, records } = gathering({
        encode: (n) => {
          if (n === 1) throw new Error('cannot be encoded');
          return n;
        },
        sizeOf: (n) => {
          if (n === 2) throw new Error('has no size');
          return 1;
        },
      });
      const { ledger, end } = watch(sink, of(0, 1, 2, 3));
      await end;
      expect(records).to.deep.equal([0, 3]);
      expect(ledger()).to.deep.include({
        received: 4,
        delivered: 2,
        rejected: { unencodable: 2 },
        inFlight: 0,
      });
    });

    it('drop a record larger than the whole queue, and go on', async () => {
      const { sink, records } = gathering({ queue: { capacityBytes: 10 }, sizeOf: (n) => n });
      const { ledger, end } = watch(sink, of(3, 11, 4));
      await end;
      expect(records).to.deep.equal([3, 4]);
      expect(ledger()).to.deep.include({ received: 3, delivered: 2, dropped: { 'too-large': 1 } });
    });

    it('have in flight what is being written', async () => {
      const { sink, nextWrite } = handwritten({ queue: { capacity: 4 } });
      const { ledger, next, end, signals } = watch(sink, of(1, 2, 3));
      const first = await nextWrite();
      expect(first.batch).to.deep.equal([1, 2]);
      expect(ledger()).to.include({ received: 3, delivered: 0, inFlight: 3, inFlightBytes: 30 });
      first.succeed();
      expect(await next('delivered')).to.deep.equal({ type: 'delivered', count: 2 });
      expect(ledger()).to.include({ delivered: 2, inFlight: 1, inFlightBytes: 10 });
      (await nextWrite()).succeed();
      await end;
      expect(ledger()).to.include({ delivered: 3, inFlight: 0, inFlightBytes: 0 });
      expect(signals.at(-1)).to.deep.equal({ type: 'delivered', count: 1 });
    });

    it('work with room for a single record', async () => {
      for (const policy of ['pause', 'drop-oldest', 'drop-newest'] as const) {
        const { sink, records } = gathering({ queue: { policy, capacity: 1 } });
        const input = new Subject<number>();
        const { next, ledger, end } = watch(sink, input);
        for (const n of [0, 1, 2]) {
          input.next(n);
          await next('delivered');
        }
        input.complete();
        await end;
        expect(records, policy).to.deep.equal([0, 1, 2]);
        expect(imbalance(ledger()), policy).to.equal(0);
      }
    });
  });

  describe('pressure', () => {
    it('pauses above a half and resumes at a quarter, in turns', async () => {
      const { sink, nextWrite } = handwritten({ queue: { capacity: 8 }, batch: { bytes: 1, lingerMs: 0 } });
      const input = new Subject<number>();
      const { types, next, subscription } = watch(sink, input);
      for (let round = 0; round < 3; round += 1) {
        for (const n of range(0, 4)) input.next(n);
        expect(types().at(-1)).to.not.equal('pause');
        input.next(4);
        expect(types().at(-1)).to.equal('pause');
        const first = await nextWrite();
        expect(first.batch).to.have.length(4);
        first.succeed();
        await next('resume');
        (await nextWrite()).succeed();
        await turns(1);
      }
      expect(types().filter((type) => type === 'pause' || type === 'resume')).to.deep.equal([
        ...['pause', 'resume', 'pause', 'resume', 'pause', 'resume'],
      ]);
      subscription.unsubscribe();
    });

    it('is never told by the policies that drop', async () => {
      for (const policy of ['drop-oldest', 'drop-newest'] as const) {
        const { sink } = gathering({ queue: { policy, capacity: 3 } });
        const { types, end } = watch(sink, from(range(0, 100)));
        await end;
        expect(types().filter((type) => type === 'pause' || type === 'resume')).to.deep.equal([]);
      }
    });
  });

  describe('when writing fails', () => {
    const failing = (times: number, own: Parameters<typeof gathering<number>>[0] = {}) => {
      let left = times;
      const tried: (readonly number[])[] = [];
      return {
        tried,
        ...gathering({
          backoff: QUICK,
          ...own,
          before: (batch) => {
            tried.push(batch);
            left -= 1;
            return left >= 0 ? Promise.reject(away) : Promise.resolve();
          },
        }),
      };
    };

    it('writes the same batch again until it can, in order, nothing doubled', async () => {
      const { sink, tried, records, closed } = failing(5);
      const input = new Subject<number>();
      const { signals, end, ledger, next } = watch(sink, input);
      input.next(0);
      input.next(1);
      await next('retrying');
      input.next(2);
      input.complete();
      await end;
      expect(tried.slice(0, 6).every((batch) => batch === tried[0])).to.equal(true);
      expect(records).to.deep.equal([0, 1, 2]);
      const retrying = signals.filter((signal) => signal.type === 'retrying');
      expect(retrying.map(({ attempt, error }) => [attempt, error])).to.deep.equal(
        range(1, 6).map((attempt) => [attempt, away]),
      );
      expect(signals.filter(({ type }) => type === 'recovered')).to.have.length(1);
      expect(ledger()).to.include({ received: 3, delivered: 3, inFlight: 0 });
      expect(closed()).to.equal(1);
    });

    it('keeps the books balanced and the source held back meanwhile', async () => {
      const { sink } = failing(3, { queue: { capacity: 4 } });
      const input = new Subject<number>();
      const { types, ledger, next, end } = watch(sink, input);
      for (const n of range(0, 4)) input.next(n);
      await next('retrying');
      expect(ledger()).to.include({ received: 4, delivered: 0, inFlight: 4 });
      await next('recovered');
      await next('resume');
      input.complete();
      await end;
      expect(types().filter((type) => type === 'pause' || type === 'resume')).to.deep.equal([
        'pause',
        'resume',
      ]);
    });

    it('fails for good on any other error, with what it held in flight, and closes', async () => {
      const bug = new Error('bug');
      const { sink, nextWrite, closed } = handwritten({ queue: { capacity: 4 } });
      const { ledger, end } = watch(sink, concat(of(1, 2, 3), NEVER));
      (await nextWrite()).fail(bug);
      expect(await rejection(end)).to.equal(bug);
      expect(ledger()).to.include({ received: 3, delivered: 0, inFlight: 3 });
      expect(closed()).to.equal(1);
    });

    it('takes an exception for a rejection', async () => {
      const bug = new Error('bug');
      const throwing = sinkOf({
        open: () =>
          Promise.resolve({
            write: () => {
              throw bug;
            },
            close: () => {
              throw new Error('and so is close');
            },
          }),
      });
      expect(await rejection(watch(throwing, of(1)).end)).to.equal(bug);
    });
  });

  describe('when opening fails', () => {
    it('tries again until it can, and then writes everything that came', async () => {
      const written: number[] = [];
      let attempts = 0;
      const sink = sinkOf({
        backoff: QUICK,
        open: () => {
          attempts += 1;
          if (attempts < 4) throw away;
          return Promise.resolve({
            write: (batch) => Promise.resolve(void written.push(...batch)),
            close: () => Promise.resolve(),
          });
        },
      });
      const { types, end } = watch(sink, of(1, 2, 3));
      await end;
      expect([attempts, written]).to.deep.equal([4, [1, 2, 3]]);
      expect(types()).to.deep.equal([
        ...['open', 'retrying', 'retrying', 'retrying', 'recovered', 'opened', 'delivered'],
      ]);
    });

    it('fails for good on any other error, and never says that it is open', async () => {
      const refused = new PipelineError('SINK_REFUSED', 'read-only folder');
      const sink = sinkOf({ open: () => Promise.reject(refused) });
      const { ledger, types, end } = watch(sink, concat(of(1), NEVER));
      expect(await rejection(end)).to.equal(refused);
      expect(types()).to.deep.equal(['open']);
      expect(ledger()).to.include({ received: 1, inFlight: 1 });
    });
  });

  describe('its end', () => {
    it('closes once everything is written', async () => {
      const events: string[] = [];
      const sink = sinkOf({
        open: () =>
          Promise.resolve({
            async write(batch) {
              await turns(2);
              events.push(`wrote ${batch.length}`);
            },
            async close() {
              await turns(2);
              events.push('closed');
            },
          }),
      });
      await watch(sink, from(range(0, 5))).end;
      expect(events).to.deep.equal(['wrote 5', 'closed']);
    });

    it('fails when closing fails', async () => {
      const sink = sinkOf({
        open: () => Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.reject(away) }),
      });
      const { ledger, end } = watch(sink, of(1));
      expect(await rejection(end)).to.equal(away);
      expect(ledger()).to.include({ delivered: 1, inFlight: 0 });
    });

    it('passes an error of its input on, after all that came before it is delivered', async () => {
      const bug = new Error('an operator of the branch failed');
      const { sink, records, closed } = gathering();
      const { end } = watch(
        sink,
        concat(
          of(1, 2),
          throwError(() => bug),
        ),
      );
      expect(await rejection(end)).to.equal(bug);
      expect([records, closed()]).to.deep.equal([[1, 2], 1]);
    });
  });

  describe('when it is abandoned', () => {
    it('writes nothing more, and closes when the write under way has ended', async () => {
      const before = await resources();
      const { sink, nextWrite, closed } = handwritten({ queue: { capacity: 4 } });
      const { subscription, types } = watch(sink, concat(of(1, 2, 3), NEVER));
      const write = await nextWrite();
      subscription.unsubscribe();
      expect(closed()).to.equal(0);
      write.succeed();
      await turns(2);
      expect(closed()).to.equal(1);
      expect(types()).to.not.include('delivered');
      await released(before);
    });

    it('writes nothing while it waits for more, and leaves no timer', async () => {
      const before = await resources();
      const { sink, batches, closed } = gathering({ batch: { bytes: 1e6, lingerMs: 2 ** 30 } });
      const { subscription } = watch(sink, concat(of(1), NEVER));
      await turns(3);
      subscription.unsubscribe();
      await turns(3);
      expect([batches, closed()]).to.deep.equal([[], 1]);
      await released(before);
    });

    it('stops trying again, and closes', async () => {
      const before = await resources();
      const { sink, closed } = gathering({
        backoff: { firstMs: 2 ** 30, maxMs: 2 ** 30 },
        before: () => Promise.reject(away),
      });
      const { subscription, next } = watch(sink, concat(of(1), NEVER));
      await next('retrying');
      subscription.unsubscribe();
      await turns(3);
      expect(closed()).to.equal(1);
      await released(before);
    });

    it('closes a writer that opens too late, without a write', async () => {
      const writers = mailbox<(writer: Writer<number>) => void>();
      const sink = sinkOf({ open: () => new Promise<Writer<number>>((resolve) => writers.put(resolve)) });
      const { subscription } = watch(sink, concat(of(1), NEVER));
      const give = await writers.get();
      subscription.unsubscribe();
      let closed = 0;
      give({
        write: () => expect.fail('it is abandoned'),
        close() {
          closed += 1;
          return Promise.resolve();
        },
      });
      await turns(3);
      expect(closed).to.equal(1);
    });
  });

  it('keeps two subscriptions apart', async () => {
    const sink = queued<number, number>({
      ...{ name: 'sink', target: 'memory', encode: (n: number) => n, sizeOf: () => 1 },
      open: () => Promise.resolve({ write: () => turns(2), close: () => Promise.resolve() }),
    });
    const one = watch(sink, of(1, 2));
    const two = watch(sink, of(3));
    await Promise.all([one.end, two.end]);
    expect([one.ledger().delivered, two.ledger().delivered]).to.deep.equal([2, 1]);
  });
});
