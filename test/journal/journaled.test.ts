import { expect } from 'chai';
import { BehaviorSubject, interval, of, take, tap, throwError } from 'rxjs';
import { readdirSync, rmSync } from 'node:fs';
import { traitsOf } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { journaled } from '../../src/journal/journaled.ts';
import { jsonText } from '../../src/records/text.ts';
import { released, resources } from '../contracts/resources.ts';
import { gathering } from '../core/sinks.ts';
import { becomes, hear } from '../sources/hear.ts';
import { bytesIn, fed, feed, isLocked, journalFolder, numbered } from './feed.ts';
import { framesOf, segmentsIn, writeSegment } from './segment-files.ts';

describe('journaled', () => {
  const dir = journalFolder();

  it('gives all records in their order, and the end behind them', async () => {
    const { source, push, end, world } = fed();
    const heard = hear(journaled(source, { dir: dir() }));
    push(...numbered(0, 1000));
    await heard.until(({ records }) => records.length === 1000);
    push(...numbered(1000, 3000));
    end();
    await heard.end;
    expect(heard.records).to.deep.equal(world);
  });

  it('gives the error of the source behind all records', async () => {
    const { source, push, end, world } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: dir() }), gate);
    push(...numbered(0, 100));
    const error = new PipelineError('SOURCE_REFUSED', 'never again');
    end(error);
    gate.next(true);
    expect(await heard.failure).to.equal(error);
    expect(heard.records).to.deep.equal(world);
  });

  it('has every record on disk before it gives it', async () => {
    const { source, push, world } = fed();
    const one = hear(journaled(source, { dir: dir() }));
    push(...numbered(0, 50));
    await one.until(({ records }) => records.length === 50);
    one.stop();
    await becomes(() => !isLocked(dir()));
    const two = hear(journaled(of(), { dir: dir() }));
    await two.end;
    expect(two.records).to.deep.equal(world);
  });

  it('gives records as JSON.parse does, whatever they were', async () => {
    class Point {
      readonly x = 1;
      readonly [jsonText] = (): string => '{"x":"its own text"}';
    }
    const text = 'é\u2028"\\\n\u0000𝄞';
    const records = [new Point(), { at: new Date(0), gone: undefined, text }, 7, null, 'text', [1]];
    const heard = hear(journaled(of(...records), { dir: dir() }));
    await heard.end;
    expect(heard.records).to.deep.equal([
      { x: 'its own text' },
      { at: '1970-01-01T00:00:00.000Z', text },
      ...[7, null, 'text', [1]],
    ]);
    expect(heard.records[0]).to.not.be.instanceOf(Point);
  });

  it('rejects and counts what has no text, and what is too large', async () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    const records = [1, undefined, loop, 'x'.repeat(9000), 'é'.repeat(3000), 'y'.repeat(4000), 2];
    const heard = hear(journaled(of(...records), { dir: dir(), maxBytes: 65_536 }));
    await heard.end;
    expect(heard.records).to.deep.equal([1, 'y'.repeat(4000), 2]);
    expect(heard.facts.map((fact) => 'reason' in fact && fact.reason)).to.deep.equal([
      ...['unencodable', 'unencodable', 'too-large', 'too-large'],
    ]);
  });

  it('reads the source however slow the sinks are, and gives nothing while they are full', async () => {
    const { source, push, readers, world } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: dir() }), gate);
    await becomes(() => readers() === 1);
    for (let i = 0; i < 20; i += 1) push(...numbered(i * 1000, i * 1000 + 1000, { text: 'x'.repeat(500) }));
    await becomes(() => bytesIn(dir()) > 20_000 * 500);
    expect(heard.records).to.deep.equal([]);
    gate.next(true);
    await heard.until(({ records }) => records.length === 20_000);
    expect(heard.records).to.deep.equal(world);
    expect(readers()).to.equal(1);
  });

  it('stops in the middle of what it reads when a sink is full, to the record', async () => {
    const gate = new BehaviorSubject(true);
    const heard = hear(journaled(of(...numbered(0, 100)), { dir: dir() }), gate);
    for (let count = 10; count < 100; count += 10) {
      void heard.until(({ records }) => {
        if (records.length === count && gate.value) gate.next(false);
        return records.length > count;
      });
      await becomes(() => !gate.value);
      for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
      expect(heard.records).to.have.lengthOf(count);
      gate.next(true);
    }
    await heard.end;
    expect(heard.records).to.deep.equal(numbered(0, 100));
  });

  it('goes on where it was when it is subscribed to again', async () => {
    const { source, push, end, world } = fed();
    const journal = journaled(source, { dir: dir() });
    for (let i = 0; i < 5; i += 1) {
      const heard = hear(journal);
      push(...numbered(i * 10, i * 10 + 10));
      await heard.until(({ records }) => records.length === 10);
      heard.stop();
      expect(heard.records).to.deep.equal(world.slice(-10));
    }
    end();
    const last = hear(journal);
    await last.end;
    expect(last.records).to.deep.equal([]);
  });

  it('has a cursor that goes on behind the last record read, over restarts', async () => {
    const world = feed([...numbered(0, 100)]);
    const first = journaled(world.make().source, { dir: dir() });
    expect(traitsOf(first).cursor!.read()).to.equal(undefined);
    const gate = new BehaviorSubject(true);
    const one = hear(first, gate);
    void one.until(({ records }) => {
      if (records.length === 40) gate.next(false);
      return false;
    });
    await becomes(() => !gate.value);
    const place = traitsOf(first).cursor!.read();
    expect(place).to.deep.equal({ record: 40, source: { number: 100, text: '{"place":100}' } });
    one.stop();
    await becomes(() => !isLocked(dir()));

    const { source, restored } = world.make();
    const second = journaled(source, { dir: dir() });
    traitsOf(second).cursor!.restore(place!);
    const two = hear(second);
    world.push(...numbered(100, 120));
    world.end();
    await two.end;
    expect(two.records).to.deep.equal(world.world.slice(40));
    expect(restored).to.deep.equal([{ place: 100 }]);
  });

  it('keeps where its source began before there is any record, as the folder may be gone by then', async () => {
    const world = feed([...numbered(0, 7)]);
    const first = world.make();
    traitsOf(first.source).cursor!.restore({ place: 7 });
    const journal = journaled(first.source, { dir: dir() });
    const one = hear(journal);
    await becomes(() => first.readers() === 1);
    const place = traitsOf(journal).cursor!.read()!;
    expect(place).to.deep.equal({ record: 0, source: { number: 0, text: '{"place":7}' } });
    one.stop();
    await becomes(() => !isLocked(dir()));
    rmSync(dir(), { recursive: true });

    world.push(...numbered(7, 10));
    world.end();
    const second = world.make();
    const reborn = journaled(second.source, { dir: dir() });
    traitsOf(reborn).cursor!.restore(place);
    const two = hear(reborn);
    await two.end;
    expect(second.restored).to.deep.equal([{ place: 7 }]);
    expect(two.records).to.deep.equal(numbered(7, 10));
  });

  it('gives records once that are there while the place behind them is not', async () => {
    const world = feed([...numbered(0, 10)]);
    writeSegment(dir(), 0, [{ mark: 0, ms: 1 }, ...numbered(0, 8).map((record) => ({ record }))]);
    world.end();
    const { source, restored } = world.make();
    const journal = journaled(source, { dir: dir() });
    traitsOf(journal).cursor!.restore({ record: 2, source: { number: 5, text: '{"place":5}' } });
    const heard = hear(journal);
    await heard.end;
    expect(restored).to.deep.equal([{ place: 5 }]);
    expect(heard.records).to.deep.equal(numbered(2, 10));
  });

  it('tells what a folder that was taken away had, and lets the source go on behind it', async () => {
    const world = feed([...numbered(0, 120)]);
    const { source, restored } = world.make();
    const journal = journaled(source, { dir: dir() });
    traitsOf(journal).cursor!.restore({ record: 40, source: { number: 100, text: '{"place":100}' } });
    world.end();
    const heard = hear(journal);
    await heard.end;
    expect(restored).to.deep.equal([{ place: 100 }]);
    const [gap, ...records] = heard.records;
    expect(gap).to.include({ kind: 'gap', reason: 'journal-lost', atLeast: 60 });
    expect(records).to.deep.equal(world.world.slice(100));
  });

  for (const place of [
    null,
    7,
    'x',
    {},
    { record: -1 },
    { record: 1.5 },
    { record: '1' },
    { record: 1, source: {} },
  ])
    it(`refuses ${JSON.stringify(place)} as a place`, () => {
      const { cursor } = traitsOf(journaled(of(1), { dir: dir() }));
      expect(() => cursor!.restore(place)).to.throw(PipelineError, 'is no place in the journal');
    });

  it('goes on from the oldest record where its cursor is not kept', async () => {
    const world = feed([...numbered(0, 30)]);
    for (let i = 0; i < 3; i += 1) {
      const heard = hear(journaled(world.make().source, { dir: dir() }));
      world.push(...numbered(world.world.length, world.world.length + 10));
      await heard.until(({ records }) => records.length === world.world.length);
      expect(heard.records).to.deep.equal(world.world);
      heard.stop();
      await becomes(() => !isLocked(dir()));
    }
  });

  it('tells an absence of the source and tries again, and is read meanwhile', async () => {
    const { source, push, breakOff, end, readers, world } = fed();
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(source, { dir: dir() }), gate);
    push(...numbered(0, 10));
    await becomes(() => readers() === 1);
    breakOff(new PipelineError('SOURCE_UNAVAILABLE', 'gone'));
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'retrying'));
    gate.next(true);
    await heard.until(({ records }) => records.length === 10);
    push(...numbered(10, 20));
    end();
    await heard.end;
    expect(heard.records).to.deep.equal(world);
    expect(heard.facts.map(({ type }) => type)).to.deep.equal(['connected', 'retrying', 'connected']);
  });

  it('lets go of everything when it is unsubscribed, at whatever moment', async () => {
    const before = await resources();
    for (let turns = 0; turns < 40; turns += 1) {
      const { source, push } = fed();
      const heard = hear(journaled(source, { dir: dir(), sync: { everyMs: 10 }, keepMs: 1000 }));
      push(...numbered(0, 100));
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      heard.stop();
      await released(before);
    }
    expect(readdirSync(dir()).filter((name) => !name.endsWith('.segment'))).to.deep.equal([]);
  });

  it('is read at one place only', async () => {
    const journal = journaled(interval(5), { dir: dir() });
    const one = hear(journal);
    const two = hear(journal);
    expect(await two.failure).to.have.property('code', 'CONFIG_INVALID');
    await one.until(({ records }) => records.length > 2);
  });

  it('keeps the books of a run', async () => {
    const records = [1, undefined, 2, 'x'.repeat(9000), 3];
    const kept = gathering<unknown>();
    const journal = journaled(of(...records), { dir: dir(), maxBytes: 65_536 });
    const { stages, outcome } = await runPipeline(pipeline('journal-books', journal, kept.sink)).done;
    expect(outcome).to.equal('completed');
    expect(kept.records).to.deep.equal([1, 2, 3]);
    expect(stages[0]).to.deep.include({
      ...{ name: 'observable-journal', received: 5, delivered: 3 },
      ...{ rejected: { unencodable: 1, 'too-large': 1 }, dropped: {}, inFlight: 0 },
    });
  });

  it('fails a run by the fatal error of its source, after all records', async () => {
    const kept = gathering<unknown>();
    const journal = journaled(
      throwError(() => new Error('a bug')),
      { dir: dir() },
    );
    const { outcome, error } = await runPipeline(pipeline('journal-fails', journal, kept.sink)).done;
    expect([outcome, (error as Error).message]).to.deep.equal(['failed', 'a bug']);
  });

  it('is stopped with a run, and lets go', async () => {
    const before = await resources();
    const stop = new AbortController();
    const kept = gathering();
    let given = 0;
    const source = interval(1).pipe(tap(() => (given += 1)));
    const journal = journaled(source, { dir: dir() });
    const run = runPipeline(pipeline('journal-stops', journal, kept.sink as never), { stop: stop.signal });
    await becomes(() => kept.records.length > 5);
    stop.abort();
    expect((await run.done).outcome).to.equal('stopped');
    // All that the source has given is on disk by then, also what comes in its last moment.
    expect(isLocked(dir())).to.equal(false);
    expect(
      segmentsIn(dir())
        .flatMap(framesOf)
        .filter(({ frame }) => 'record' in frame),
    ).to.have.lengthOf(given);
    await released(before);
    expect(kept.records).to.deep.equal([...kept.records.keys()]);
  });

  it('journals samples as they come', async () => {
    const world = feed([...numbered(0, 10)]);
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(world.make({ conflateBy: () => 'one' }).source, { dir: dir() }), gate);
    world.end();
    gate.next(true);
    await heard.end;
    expect(heard.records).to.deep.equal(numbered(0, 10));
  });

  it('lets another journal be its source', async () => {
    const numbers = interval(1).pipe(take(50));
    const inner = journaled(numbers, { dir: `${dir()}/inner` });
    const heard = hear(journaled(inner, { dir: `${dir()}/outer`, whenFull: 'stop-reading' }));
    await heard.end;
    expect(heard.records).to.deep.equal([...Array(50).keys()]);
  });
});
