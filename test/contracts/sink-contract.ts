import { expect } from 'chai';
import { concat, from, NEVER, of, Subject, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import type { Sink } from '../../src/core/types.ts';
import { listen, numbered, ofType, stopListening, sum } from './listen.ts';
import { released, resources } from './resources.ts';

/** A sink and what stands behind it, for one test. */
export interface SinkUnderTest {
  /** Makes the sink; called without a queue the sink has its own default. */
  readonly make: (queue?: QueueOptions) => Sink<unknown>;
  /**
   * What has arrived so far, in order. Without it the sink shows of records what they tell, and keeps none: it takes
   * whatever comes, also what has no text.
   */
  readonly read?: () => Promise<readonly unknown[]>;
}

const POLICIES = ['pause', 'drop-oldest', 'drop-newest'] as const;

/** What every sink keeps to, and, unless it has none, its queue. `setUp` is called before each test. */
export function sinkContract(
  name: string,
  setUp: () => SinkUnderTest,
  { hasQueue = true }: { readonly hasQueue?: boolean } = {},
): void {
  describe(`${name} keeps the contract of sinks`, () => {
    let target: SinkUnderTest;
    const arrived = async (records: readonly unknown[]): Promise<void> => {
      if (target.read !== undefined) expect(await target.read()).to.deep.equal(records);
    };
    beforeEach(() => {
      target = setUp();
    });

    afterEach(stopListening);

    it('does nothing before it is subscribed', async () => {
      const before = await resources();
      records(3).pipe(target.make());
      await released(before);
      await arrived([]);
    });

    it('opens once and first of all, and says what it writes to', async () => {
      const { signals } = await listen(target.make(), records(10)).end;
      expect(signals.map(({ type }) => type === 'open')).to.deep.equal([
        true,
        ...signals.slice(1).map(() => false),
      ]);
      expect(ofType(signals, 'open')[0]!.target).to.be.a('string').that.is.not.empty;
    });

    it('delivers every record in order, and counts it', async () => {
      const { signals, ledger } = await listen(target.make(), records(5000)).end;
      await arrived(numbered(5000));
      expect(sum(ofType(signals, 'delivered').map(({ count }) => count))).to.equal(5000);
      expect(ledger).to.include({ received: 5000, delivered: 5000, inFlight: 0, inFlightBytes: 0 });
    });

    it('delivers what has come without waiting for more', async () => {
      const heard = listen(target.make(), concat(records(3), NEVER));
      await heard.until(({ delivered }) => delivered === 3);
      await arrived(numbered(3));
      heard.stop();
    });

    it('drains and releases everything when its input completes', async () => {
      const before = await resources();
      const { ledger } = await listen(target.make(), records(500)).end;
      expect(ledger.inFlight).to.equal(0);
      await arrived(numbered(500));
      await released(before);
    });

    it('drains and releases everything when its input fails, and then fails with that error', async () => {
      const before = await resources();
      const error = new Error('an operator before the sink has failed');
      const failing = concat(
        records(500),
        throwError(() => error),
      );
      const thrown = await listen(target.make(), failing).end.catch((reason: unknown) => reason);
      expect(thrown).to.equal(error);
      await arrived(numbered(500));
      await released(before);
    });

    it('completes when nothing comes', async () => {
      const { ledger } = await listen(target.make(), records(0)).end;
      expect(ledger).to.include({ received: 0, delivered: 0, inFlight: 0 });
      await arrived([]);
    });

    it('releases everything when it is unsubscribed, and says nothing more', async () => {
      const before = await resources();
      const input = new Subject<unknown>();
      const heard = listen(target.make(), input);
      for (const record of numbered(2000)) input.next(record);
      heard.stop();
      const said = heard.signals.length;
      expect(input.observed).to.equal(false);
      await released(before);
      expect(heard.signals).to.have.length(said);
    });

    it('releases everything when it is unsubscribed while idle', async () => {
      const before = await resources();
      const heard = listen(target.make(), concat(records(3), NEVER));
      await heard.until(({ delivered }) => delivered === 3);
      heard.stop();
      await released(before);
    });

    it('rejects records without a text, counts them and delivers the others', async () => {
      const circular: { self?: unknown } = {};
      circular.self = circular;
      const input = of({ seq: 0 }, circular, undefined, { big: 1n }, () => 1, { seq: 1 });
      const { ledger } = await listen(target.make(), input).end;
      await arrived(numbered(2));
      const delivered = target.read === undefined ? 6 : 2;
      expect(ledger).to.include({ received: 6, delivered, inFlight: 0 });
      expect(sum(Object.values(ledger.rejected))).to.equal(6 - delivered);
    });

    it('serves two subscriptions apart from one another', async () => {
      const sink = target.make();
      const before = await resources();
      const [one, two] = await Promise.all([
        listen(
          sink,
          from([
            { of: 1, seq: 0 },
            { of: 1, seq: 1 },
          ]),
        ).end,
        listen(sink, from([{ of: 2, seq: 0 }])).end,
      ]);
      expect([one.ledger.delivered, two.ledger.delivered]).to.deep.equal([2, 1]);
      await released(before);
      if (target.read === undefined) return;
      const all = (await target.read()) as readonly { readonly of: number }[];
      expect(all.filter((record) => record.of === 1)).to.deep.equal([
        { of: 1, seq: 0 },
        { of: 1, seq: 1 },
      ]);
      expect(all.filter((record) => record.of === 2)).to.deep.equal([{ of: 2, seq: 0 }]);
    });

    if (!hasQueue) return;

    it('pauses when its queue is half full and resumes, in turns', async () => {
      const input = new Subject<unknown>();
      const heard = listen(target.make({ capacity: 64 }), input);
      for (const round of [0, 1, 2]) {
        for (const record of numbered(48)) input.next(record);
        await heard.until(({ delivered }) => delivered === 48 * (round + 1));
      }
      input.complete();
      const { signals, ledger } = await heard.end;
      const turns = signals.map(({ type }) => type).filter((type) => type === 'pause' || type === 'resume');
      expect(turns).to.deep.equal(['pause', 'resume', 'pause', 'resume', 'pause', 'resume']);
      expect(ledger).to.include({ received: 144, delivered: 144 });
    });

    for (const policy of POLICIES)
      it(`keeps to the capacity and accounts for every record under ${policy}`, async () => {
        const { ledger, mostInFlight } = await listen(target.make({ policy, capacity: 100 }), records(1000))
          .end;
        expect(mostInFlight).to.equal(100);
        const dropped = sum(Object.values(ledger.dropped));
        expect(dropped).to.be.greaterThan(0);
        expect(ledger.delivered + dropped).to.equal(1000);
        expect(await target.read!()).to.have.length(ledger.delivered);
      });
  });
}

const records = (count: number): Observable<unknown> => from(numbered(count));
