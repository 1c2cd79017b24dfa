import { expect } from 'chai';
import { filter, map, of, pipe } from 'rxjs';
import { balanceOf } from '../../src/core/audit.ts';
import { openBooks } from '../../src/core/books.ts';
import type { Books, OperatorBooks, SinkBooks } from '../../src/core/books.ts';
import { defineOperator } from '../../src/core/define-operator.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { readBooks } from '../../src/core/read-books.ts';
import type { SinkLedger, StageCounters } from '../../src/core/types.ts';
import { sinkOf } from './sinks.ts';

const books = (): Books =>
  openBooks(
    pipeline(
      'books',
      defineSource({ name: 'numbers', open: () => of(1) }),
      filter((n: number) => n > 0),
      defineOperator<number, number>(function exact(records) {
        return records;
      }),
      [
        sinkOf({ name: 'direct' }),
        pipe(
          map((n: number) => n),
          sinkOf(),
        ),
      ],
    ),
  );
const empty: SinkLedger = {
  received: 0,
  delivered: 0,
  rejected: {},
  dropped: {},
  inFlight: 0,
  inFlightBytes: 0,
};

describe('readBooks', () => {
  const read = (opened: Books, name: string): StageCounters =>
    readBooks(opened).find((stage) => stage.name === name)!;

  it('tells of a source what it counted itself and what the run counted', () => {
    const opened = books();
    const source = opened.sources[0]!;
    Object.assign(source, { delivered: 5, retries: 1 });
    Object.assign(source.counts, { received: 18, added: 1, filtered: 2, deduplicated: 3, held: 2 });
    source.rejected.set('invalid-json', 3);
    source.dropped.set('conflated', 4);
    expect(read(opened, 'numbers')).to.deep.equal({
      ...{
        kind: 'source',
        name: 'numbers',
        received: 18,
        added: 1,
        delivered: 5,
        filtered: 2,
        deduplicated: 3,
      },
      ...{ aggregated: 0, rejected: { 'invalid-json': 3 }, dropped: { conflated: 4 }, inFlight: 2 },
      ...{ exact: true, retries: 1, targets: [] },
    });
    expect(balanceOf(read(opened, 'numbers'))).to.equal(0);
    source.delivered -= 1;
    expect(balanceOf(read(opened, 'numbers'))).to.equal(1);
  });

  describe('of an operator that does not count', () => {
    const operator = (own: Partial<OperatorBooks>): StageCounters => {
      const opened = books();
      Object.assign(opened.operators[0]!, own);
      return read(opened, 'operator-1');
    };

    it('takes what has not come out for filtered', () => {
      expect(operator({ received: 10, delivered: 7 })).to.include({ filtered: 3, added: 0, exact: false });
    });

    it('takes what came out beyond for added', () => {
      expect(operator({ received: 7, delivered: 20 })).to.include({ filtered: 0, added: 13 });
    });

    it('takes the record at which it failed for rejected, unless that came out', () => {
      const failing = operator({ received: 10, delivered: 7, failed: true });
      expect(failing).to.deep.include({ filtered: 2, rejected: { failed: 1 } });
      expect(operator({ received: 7, delivered: 7, failed: true })).to.deep.include({
        ...{ filtered: 0, added: 0, rejected: {} },
      });
    });
  });

  it('believes an operator that counts, and so can see that a record is missing', () => {
    const opened = books();
    const operator = opened.operators[1]!;
    Object.assign(operator, { received: 20, delivered: 8, failed: true });
    Object.assign(operator.counts, { added: 2, filtered: 3, deduplicated: 4, aggregated: 5, held: 1 });
    const stage = read(opened, 'exact');
    expect(stage).to.deep.include({
      ...{ received: 20, added: 2, delivered: 8, filtered: 3, deduplicated: 4, aggregated: 5 },
      ...{ rejected: { failed: 1 }, inFlight: 1, exact: true },
    });
    expect(balanceOf(stage)).to.equal(0);
    operator.received += 1;
    expect(balanceOf(read(opened, 'exact'))).to.equal(1);
  });

  describe('of a sink', () => {
    const sink = (name: string, own: Partial<SinkBooks>): StageCounters => {
      const opened = books();
      Object.assign(
        opened.sinks.find((one) => one.name === name)!,
        own,
      );
      return read(opened, name);
    };
    const ledgers: readonly SinkLedger[] = [
      { ...empty, received: 6, delivered: 1, rejected: { a: 1 }, dropped: { b: 1 }, inFlight: 3 },
      { ...empty, received: 4, delivered: 1, dropped: { b: 2, c: 1 } },
    ];

    it('adds up its ledgers', () => {
      const stage = sink('direct', { received: 10, ledgers: [...ledgers] });
      expect(stage).to.deep.include({
        ...{ received: 10, delivered: 2, rejected: { a: 1 }, dropped: { b: 3, c: 1 }, inFlight: 3 },
        ...{ filtered: 0, added: 0, exact: true },
      });
      expect(balanceOf(stage)).to.equal(0);
    });

    it('sees where its ledger has not what it was handed', () => {
      expect(balanceOf(sink('direct', { received: 11, ledgers: [...ledgers] }))).to.equal(1);
      expect(balanceOf(sink('direct', { received: 9, ledgers: [...ledgers] }))).to.equal(-1);
    });

    it('takes what its branch lets through no ledger for filtered, and what it makes of one for added', () => {
      const fewer = sink('sink-2', { received: 15, ledgers: [...ledgers] });
      expect(fewer).to.include({ received: 15, filtered: 5, added: 0, exact: false });
      const more = sink('sink-2', { received: 8, ledgers: [...ledgers] });
      expect(more).to.include({ received: 8, filtered: 0, added: 2 });
      for (const stage of [fewer, more]) expect(balanceOf(stage)).to.equal(0);
    });

    it('sees in a branch too where a ledger is wrong in itself', () => {
      const wrong = { ...empty, received: 6, delivered: 5 };
      expect(balanceOf(sink('sink-2', { received: 15, ledgers: [wrong] }))).to.equal(1);
    });

    it('takes for in flight what one without a ledger has not delivered, until it completes', () => {
      const counts = { received: 20, delivered: 15 };
      expect(sink('sink-2', counts)).to.include({ received: 20, delivered: 15, inFlight: 5, filtered: 0 });
      expect(sink('sink-2', { ...counts, end: 'failed' })).to.include({ inFlight: 5, filtered: 0 });
      expect(sink('sink-2', { ...counts, end: 'completed' })).to.include({ inFlight: 0, filtered: 5 });
    });

    it('never has less than nothing in flight, whatever a branch makes of a record', () => {
      expect(sink('sink-2', { received: 20, delivered: 40 })).to.include({ inFlight: 0, added: 20 });
    });

    it('counts what came after its end: filtered when it had enough, dropped when it had failed', () => {
      const own = { received: 10, missed: 7, ledgers: [...ledgers] };
      const enough = sink('direct', { ...own, end: 'completed' });
      expect(enough).to.deep.include({ received: 17, filtered: 7, dropped: { b: 3, c: 1 } });
      const failed = sink('direct', { ...own, end: 'failed' });
      expect(failed).to.deep.include({ received: 17, filtered: 0, dropped: { b: 3, c: 1, failed: 7 } });
      for (const stage of [enough, failed]) expect(balanceOf(stage)).to.equal(0);
      expect(sink('sink-2', { received: 3, delivered: 3, missed: 4, end: 'failed' })).to.deep.include({
        ...{ received: 7, filtered: 0, dropped: { failed: 4 }, inFlight: 0 },
      });
    });
  });
});
