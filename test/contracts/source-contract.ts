import { expect } from 'chai';
import { isRetryable, PipelineError } from '../../src/core/errors.ts';
import type { Source } from '../../src/core/types.ts';
import { becomes, hear, stopHearing } from '../sources/hear.ts';
import { released, resources } from './resources.ts';

/** A source and the service behind it, for one test. */
export interface SourceUnderTest {
  /** Makes a source of the service. */
  readonly make: () => Source<unknown>;
  /** Makes a source of a service that answers, and will never let it in. */
  readonly makeRefused: () => Source<unknown>;
  /** Makes one record or more come of all sources that read. */
  readonly happen: () => Promise<void>;
  /** How many connections of sources the service has, or listeners it serves. */
  readonly served: () => number | Promise<number>;
  /** Ends the service; it may take its time. */
  readonly goAway: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
}

/**
 * What every source keeps to. `setUp` is called before each test.
 *
 * `identityOf` is for sources that lose nothing in a short absence: what tells one record from all others. Each `happen`
 * then makes exactly one of them, also while nobody reads; of records that nothing has made it says nothing.
 */
export function sourceContract(
  name: string,
  setUp: () => Promise<SourceUnderTest>,
  tearDown: () => Promise<void>,
  identityOf?: (record: unknown) => string | undefined,
): void {
  describe(`${name} keeps the contract of sources`, () => {
    let service: SourceUnderTest;
    beforeEach(async () => (service = await setUp()));
    afterEach(async () => {
      stopHearing();
      await tearDown();
    });
    const gone = (): Promise<void> => becomes(async () => (await service.served()) === 0);
    const reading = (count: number): Promise<void> => becomes(async () => (await service.served()) >= count);

    it('does nothing before it is subscribed', async () => {
      const before = await resources();
      service.make();
      await released(before);
      expect(await service.served()).to.equal(0);
    });

    it('gives records, and goes on', async () => {
      const heard = hear(service.make());
      await reading(1);
      for (let i = 1; i <= 3; i += 1) {
        const had = heard.records.length;
        await service.happen();
        await heard.until(({ records }) => records.length > had);
      }
      expect(heard.error).to.equal(undefined);
    });

    it('says once and first of all where it is connected to', async () => {
      const heard = hear(service.make());
      await reading(1);
      await service.happen();
      await heard.until(({ records }) => records.length > 0);
      const [first, ...rest] = heard.facts;
      expect(first).to.have.property('type', 'connected');
      expect(first).to.have.property('to').that.is.a('string').and.not.empty;
      expect(rest.filter(({ type }) => type === 'connected')).to.deep.equal([]);
    });

    it('lets go of everything when it is unsubscribed', async () => {
      const before = await resources();
      const heard = hear(service.make());
      await reading(1);
      await service.happen();
      await heard.until(({ records }) => records.length > 0);
      heard.stop();
      const had = heard.records.length;
      await gone();
      await released(before);
      expect(heard.records).to.have.lengthOf(had);
      expect(heard.error).to.equal(undefined);
    });

    it('lets go of everything when it is unsubscribed before it is connected', async () => {
      const before = await resources();
      hear(service.make()).stop();
      const second = hear(service.make());
      await new Promise(setImmediate);
      second.stop();
      await gone();
      await released(before);
      expect([...second.facts, ...second.records, second.error]).to.deep.equal([undefined]);
    });

    it('errs once, to be tried again, when the service is away, and lets go', async () => {
      const source = service.make();
      await service.goAway();
      const before = await resources();
      const heard = hear(source);
      failed(await heard.failure, 'retryable');
      expect(heard.records).to.deep.equal([]);
      await released(before);
      await service.comeBack();
    });

    it('errs once, to be tried again, when the service goes away, and lets go', async () => {
      const before = await resources();
      const heard = hear(service.make());
      await reading(1);
      await service.happen();
      await heard.until(({ records }) => records.length > 0);
      await service.goAway();
      failed(await heard.failure, 'retryable');
      await released(before);
      await service.comeBack();
      await gone();
    });

    it('errs for good when the service refuses, and lets go', async () => {
      const before = await resources();
      const heard = hear(service.makeRefused());
      failed(await heard.failure, 'fatal');
      await released(before);
    });

    it('may be subscribed again and again', async () => {
      const source = service.make();
      for (let i = 0; i < 3; i += 1) {
        const heard = hear(source);
        await reading(1);
        await service.happen();
        await heard.until(({ records }) => records.length > 0);
        heard.stop();
        await gone();
      }
    });

    it('reads on after the service was away', async () => {
      const source = service.make();
      const heard = hear(source);
      await reading(1);
      await service.goAway();
      await heard.failure;
      await service.comeBack();
      const again = hear(source);
      await reading(1);
      await service.happen();
      await again.until(({ records }) => records.length > 0);
    });

    if (identityOf !== undefined)
      it('neither loses nor repeats anything that happens while it is not subscribed', async () => {
        const source = service.make();
        const identities: string[] = [];
        const those = (records: readonly unknown[]): string[] =>
          records.flatMap((record) => identityOf(record) ?? []);
        let happened = 0;
        for (let i = 0; i < 3; i += 1) {
          const heard = hear(source);
          await reading(1);
          await service.happen();
          happened += 1;
          await heard.until(({ records }) => those(records).length === happened - identities.length);
          heard.stop();
          identities.push(...those(heard.records));
          await gone();
          await service.happen();
          happened += 1;
        }
        const last = hear(source);
        await last.until(({ records }) => those(records).length === happened - identities.length);
        identities.push(...those(last.records));
        expect(identities).to.have.lengthOf(6);
        expect(new Set(identities).size).to.equal(6);
      });

    it('accounts for all it receives, also what comes twice', async () => {
      const source = service.make();
      for (let i = 0; i < 3; i += 1) {
        const heard = hear(source);
        await reading(1);
        await service.happen();
        await heard.until(({ records, counts }) => records.length > 0 && counts.received > 0);
        heard.stop();
        await gone();
        expect(heard.counts.received).to.be.greaterThan(0);
        expect(heard.missing(), JSON.stringify(heard.counts)).to.equal(0);
      }
    });

    it('is independent of another of the same service', async () => {
      const [one, two] = [hear(service.make()), hear(service.make())];
      await reading(2);
      await service.happen();
      await one.until(({ records }) => records.length > 0);
      await two.until(({ records }) => records.length > 0);
      one.stop();
      const had = two.records.length;
      await service.happen();
      await two.until(({ records }) => records.length > had);
      two.stop();
      await gone();
    });
  });
}

function failed(error: unknown, kind: 'retryable' | 'fatal'): void {
  expect(error).to.be.instanceOf(PipelineError);
  expect((error as Error).message).to.not.equal('');
  expect(isRetryable(error), (error as Error).message).to.equal(kind === 'retryable');
}
