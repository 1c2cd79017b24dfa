import { expect } from 'chai';
import type { Source } from '../../../src/core/types.ts';
import { dockerEngine } from '../../../src/engine/engine.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import type { Gap } from '../../../src/records/gap.ts';
import { spanOf } from '../../../src/sources/docker-events/missed.ts';
import { dockerEvents, type DockerEventsOptions } from '../../../src/sources/docker-events.ts';
import { eventLine, eventsServer, pongAt, type EventsServer } from '../events-server.ts';
import { becomes, hear, stopHearing } from '../hear.ts';
import { isGap, isLive } from '../live.ts';

const NOW = 1_795_304_600;
/** Events in the second of the beginning and behind it. */
const lines = Array.from({ length: 600 }, (_, i) => eventLine(BigInt(NOW) * 1_000_000_000n + BigInt(i)));
const text = (from: number, to: number): string =>
  lines
    .slice(from, to)
    .map((line) => `${line}\n`)
    .join('');
const nanos = (from: number, to: number): string[] =>
  lines.slice(from, to).map((line) => /"timeNano":(\d+)/.exec(line)![1]!);
const told = (records: readonly (DockerEvent | Gap)[]): string[] =>
  records.map((record) => (isGap(record) ? record.reason : record.timeNano));

describe('dockerEvents arrives', function () {
  this.timeout(30_000);
  let server: EventsServer;
  let clock = NOW;
  const source = async (options: DockerEventsOptions = {}): Promise<Source<DockerEvent | Gap>> => {
    server = await eventsServer((response, request) => pongAt(clock)(response, request));
    return dockerEvents({ engine: dockerEngine({ address: server.address }), audit: false, ...options });
  };
  afterEach(async () => {
    clock = NOW;
    stopHearing();
    await server.close();
  });

  it('with a gap where the engine forgot events since an arrival that failed', async () => {
    const events = await source();
    server.fails = 'past';
    const first = hear(events);
    (await server.answered(1)).write(text(0, 10));
    expect(await first.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    expect(first.records).to.deep.equal([]);
    server.fails = undefined;
    const second = hear(events);
    server.ring = lines.slice(100, 356);
    (await server.answered(2)).write(text(100, 356));
    await second.until(({ records }) => records.length === 257);
    expect(told(second.records)).to.deep.equal(['history-overrun', ...nanos(100, 356)]);
  });

  it('without one where it still has what it had at the beginning', async () => {
    const events = await source();
    const old = eventLine(BigInt(NOW - 1) * 1_000_000_000n);
    server.fails = 'past';
    const first = hear(events);
    await server.answered(1);
    await first.failure;
    server.fails = undefined;
    server.ring = [old, ...lines.slice(0, 10)];
    const second = hear(events);
    (await server.answered(2)).write(`${old}\n${text(0, 10)}`);
    await second.until(({ records }) => records.length === 10);
    expect(told(second.records)).to.deep.equal(nanos(0, 10));
  });

  it('and tells what came before its look at the containers failed, and looks again', async () => {
    const events = await source();
    server.fails = 'list';
    const first = hear(events);
    (await server.answered(1)).write(text(0, 10));
    expect(await first.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    expect(told(first.records)).to.deep.equal(nanos(0, 10));
    server.fails = undefined;
    const second = hear(events);
    (await server.answered(2)).write(text(0, 20));
    await second.until(({ records }) => records.some((record) => isLive(record)));
    const looks = server.requests.filter((request) => request.includes('/containers/json'));
    expect(looks).to.have.lengthOf(2);
    expect(second.records.filter(isGap)).to.deep.equal([]);
  });

  it('and tells the gap and what came behind it before its look failed, once', async () => {
    const events = await source();
    const first = hear(events);
    (await server.answered(1)).write(text(0, 1));
    await first.until(({ records }) => records.length === 1);
    first.stop();
    server.fails = 'list';
    const second = hear(events);
    (await server.answered(2)).write(text(100, 110));
    expect(await second.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    expect(told(second.records)).to.deep.equal(['engine-restarted', ...nanos(100, 110)]);
    server.fails = undefined;
    const third = hear(events);
    (await server.answered(3)).write(text(100, 111));
    await third.until(({ records }) => records.some((record) => isLive(record) && !record.synthetic));
    expect(third.records.filter(isGap)).to.deep.equal([]);
  });

  it('and takes nothing for old when the clock was set back at once', async () => {
    const events = await source();
    const heard = hear(events);
    const stream = await server.answered(1);
    clock -= 3600;
    const young = eventLine(BigInt(clock) * 1_000_000_000n);
    server.ring = [young];
    stream.write(`${young}\n`);
    await heard.until(({ records }) => records.length === 1);
  });

  describe('with a gap that begins', () => {
    const SEEN = 10;
    const gapWith = async (
      options: DockerEventsOptions,
      audited: boolean,
      ring = lines.slice(0, SEEN),
    ): Promise<Gap> => {
      const events = await source(options);
      const first = hear(events);
      (await server.answered(1)).write(text(0, SEEN));
      await first.until(({ records }) => records.length === SEEN);
      clock += 5;
      server.ring = ring;
      const { length } = server.audits;
      // Another is asked for when one has found nothing missing.
      if (audited) await becomes(() => server.audits.length >= length + 3);
      first.stop();
      await server.allClosed();
      const second = hear(events);
      (await server.answered(2)).write(`${eventLine(BigInt(NOW + 60) * 1_000_000_000n)}\n`);
      await second.until(({ records }) => records.some(isGap));
      return second.records.find(isGap)!;
    };

    it('where an audit has found nothing missing', async () => {
      const { fromTime } = await gapWith({ audit: { minMs: 5, maxMs: 5 } }, true);
      expect(Date.parse(fromTime)).to.equal((NOW + 5) * 1000);
    });

    it('at the beginning where audits had nothing to compare', async () => {
      const { fromTime } = await gapWith({ audit: { minMs: 5, maxMs: 5 } }, true, []);
      expect(Date.parse(fromTime)).to.equal(NOW * 1000);
    });

    it('at the beginning where none has: what came since may have holes', async () => {
      const { fromTime } = await gapWith({ audit: { minMs: 60_000, maxMs: 60_000 } }, false);
      expect(Date.parse(fromTime)).to.equal(NOW * 1000);
    });

    it('at the last event seen where nobody audits', async () => {
      const { fromTime } = await gapWith({ audit: false }, false);
      expect(fromTime).to.contain('.000000009Z');
    });
  });

  it('and believes nothing of a stream that ends before its first line', async () => {
    const events = await source();
    const first = hear(events);
    (await server.answered(1)).write(text(0, 1));
    await first.until(({ records }) => records.length === 1);
    first.stop();
    const second = hear(events);
    (await server.answered(2)).destroy();
    expect(await second.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    const third = hear(events);
    (await server.answered(3)).write(text(0, 2));
    await third.until(({ records }) => records.length > 0);
    expect(told([...second.records, ...third.records])).to.deep.equal(nanos(1, 2));
  });
});

describe('spanOf', () => {
  it('is what lies between two times', () => {
    expect(spanOf('300', '500', '400')).to.deep.equal({ fromNano: '300', toNano: '500' });
  });

  it('covers what both clocks said when it was set back', () => {
    expect(spanOf('300', '100', '400')).to.deep.equal({ fromNano: '100', toNano: '400' });
    expect(spanOf('300', '100')).to.deep.equal({ fromNano: '100', toNano: '300' });
  });
});
