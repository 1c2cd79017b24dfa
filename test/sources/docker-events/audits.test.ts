import { expect } from 'chai';
import type { Source } from '../../../src/core/types.ts';
import { dockerEngine } from '../../../src/engine/engine.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import { dockerEvents, type DockerEventsOptions } from '../../../src/sources/docker-events.ts';
import { type Answer, pong } from '../../engine/scripted-engine.ts';
import { eventLine, eventsServer, type EventsServer } from '../events-server.ts';
import { becomes, hear, stopHearing } from '../hear.ts';
import { isGap } from '../live.ts';

const nano = (offset: number): bigint => BigInt(Date.now()) * 1_000_000n + BigInt(offset);

describe('dockerEvents audits its stream', function () {
  this.timeout(30_000);
  let server: EventsServer;
  const start = async (ping: Answer = pong()): Promise<EventsServer> => (server = await eventsServer(ping));
  const source = (options: DockerEventsOptions = {}): Source<DockerEvent> =>
    dockerEvents({
      engine: dockerEngine({ address: server.address, headerTimeoutMs: 500 }),
      audit: { minMs: 10, maxMs: 20 },
      ...options,
    }) as Source<DockerEvent>;
  afterEach(async () => {
    stopHearing();
    await server.close();
  });
  const audits = (count: number): Promise<void> => becomes(() => server.audits.length >= count);

  it('and goes on as long as all has come', async () => {
    await start();
    const heard = hear(source());
    const stream = await server.answered(1);
    const lines = Array.from({ length: 300 }, (_, i) => eventLine(nano(i)));
    server.ring = lines.slice(-256);
    stream.write(lines.map((line) => `${line}\n`).join(''));
    await heard.until(({ records }) => records.length === 300);
    const before = server.audits.length;
    await audits(before + 5);
    expect(heard.error).to.equal(undefined);
    const { since, until } = Object.fromEntries(server.audits.at(-1)!);
    expect(since).to.equal('0');
    expect(Number(until) * 1000).to.be.closeTo(Date.now(), 10_000);
  });

  it('and finds one event that it was not given, after waiting for it, and gives it then', async () => {
    await start();
    const events = source();
    const heard = hear(events);
    const stream = await server.answered(1);
    const lines = Array.from({ length: 5 }, (_, i) => eventLine(nano(i)));
    const write = (given: readonly string[]): unknown =>
      stream.write(given.map((line) => `${line}\n`).join(''));
    write(lines.filter((_, i) => i !== 3));
    await heard.until(({ records }) => records.length === 4);
    server.ring = lines;
    expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    expect((heard.error as Error).message).to.contain('1 event');
    const again = hear(events);
    (await server.answered(2)).write(lines.map((line) => `${line}\n`).join(''));
    await again.until(({ records }) => records.length === 1);
    expect(again.records.map(({ timeNano }) => timeNano)).to.deep.equal(
      lines.slice(3, 4).map((line) => /"timeNano":(\d+)/.exec(line)![1]),
    );
    expect(again.records.filter(isGap)).to.deep.equal([]);
  });

  it('and has patience with an event that is on its way', async () => {
    await start();
    const heard = hear(source());
    const stream = await server.answered(1);
    const line = eventLine(nano(0));
    const before = server.audits.length;
    server.ring = [line];
    await audits(before + 1);
    stream.write(`${line}\n`);
    await audits(before + 5);
    expect(heard.records).to.have.lengthOf(1);
    expect(heard.error).to.equal(undefined);
  });

  it('and proves nothing by what it waited for when the stream was cut off', async () => {
    await start();
    const events = source();
    const heard = hear(events);
    const stream = await server.answered(1);
    stream.write(`${eventLine(nano(0))}\n`);
    await heard.until(({ records }) => records.length === 1);
    const before = server.audits.length;
    // An engine that has begun anew.
    server.ring = [eventLine(nano(1)), eventLine(nano(2))];
    await audits(before + 1);
    stream.destroy();
    await heard.failure;
    const again = hear(events);
    const next = await server.answered(2);
    for (const line of server.ring) next.write(`${line}\n`);
    await again.until(({ records }) => records.length === 3);
    expect(again.records[0]).to.include({ kind: 'gap', reason: 'engine-restarted' });
  });

  it('and finds a stream that is dead', async () => {
    await start();
    const heard = hear(source());
    await server.answered(1);
    server.ring = [eventLine(nano(0))];
    expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
  });

  it('and finds an engine that no longer answers', async () => {
    let frozen = false;
    await start((response, request) => {
      if (!frozen) pong()(response, request);
    });
    const heard = hear(source());
    await server.answered(1);
    await audits(1);
    frozen = true;
    expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    // It may not have told all that it was asked when the stream was opened.
    expect((heard.error as Error).message).to.match(/d(?:oes|id) not answer/);
  });

  it('by its own part of what the engine keeps when it is filtered', async () => {
    await start();
    const filters = { type: ['container'] };
    const heard = hear(source({ filters }));
    await server.answered(1);
    await audits(4);
    expect(server.audits.slice(0, 4).map((query) => query.get('filters'))).to.deep.equal([
      JSON.stringify(filters),
      null,
      JSON.stringify(filters),
      null,
    ]);
    expect(heard.error).to.equal(undefined);
  });

  it("by Podman's history since the last audit", async () => {
    await start(pong('1.41', 'Libpod/4.3.1 (linux)'));
    const filters = { type: ['container'] };
    const events = source({ filters });
    const heard = hear(events);
    await server.answered(1);
    await audits(2);
    const [first] = server.audits;
    expect([...first!.keys()].sort()).to.deep.equal(['filters', 'since', 'stream']);
    expect(Number(first!.get('since')) * 1000).to.be.closeTo(Date.now(), 10_000);
    expect(server.audits.every((query) => query.has('filters'))).to.equal(true);
    server.ring = [eventLine(nano(0))];
    expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
  });

  it('and asks nothing when it is told not to, or no longer subscribed', async () => {
    await start();
    const heard = hear(source({ audit: false }));
    (await server.answered(1)).write(`${eventLine(nano(0))}\n`);
    await heard.until(({ records }) => records.length === 1);
    // What the engine kept from before is asked for once.
    expect(server.audits).to.have.lengthOf(1);
    heard.stop();
    const audited = hear(source());
    await server.answered(2);
    await audits(2);
    audited.stop();
    await server.allClosed();
    const length = server.audits.length + 1;
    const other = hear(source({ audit: false }));
    (await server.answered(3)).write(`${eventLine(nano(0))}\n`);
    await other.until(({ records }) => records.length === 1);
    expect(server.audits).to.have.lengthOf(length);
  });

  describe('with filters, on a connect', () => {
    const filters = { type: ['container'] };
    const old = Array.from({ length: 256 }, (_, i) =>
      eventLine(1_700_000_000_000_000_000n + BigInt(i), { Type: 'volume' }),
    );

    it('never takes a stream for complete that is opened later than it answers', async () => {
      await start();
      const events = source({ filters });
      const first = hear(events);
      await server.answered(1);
      server.ring = old;
      await audits(4);
      first.stop();
      await server.allClosed();
      // The engine sends its headers before it listens: what it keeps is asked for in between, and shows an event that
      // has gone when it does.
      const lost = eventLine(nano(0));
      server.ring = [...old.slice(1), lost];
      const second = hear(events);
      await server.answered(2);
      expect(await second.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
      server.ring = Array.from({ length: 256 }, (_, i) => eventLine(nano(i)));
      const third = hear(events as Source<unknown>);
      await third.until(({ records }) => records.length > 0);
      expect(third.records[0]).to.include({ kind: 'gap', reason: 'history-overrun' });
    });

    it('does not count on what an audit saw before it was emitted', async () => {
      await start();
      const events = source({ filters });
      const first = hear(events);
      const stream = await server.answered(1);
      // The engine never says how this ended: the event is held.
      const die = eventLine(nano(0), { Action: 'die' });
      server.hangs = true;
      stream.write(`${die}\n`);
      const before = Array.from({ length: 255 }, (_, i) => eventLine(nano(i), { Type: 'volume' }));
      server.ring = [...before, die];
      await audits(server.audits.length + 4);
      first.stop();
      await server.allClosed();
      const after = Array.from({ length: 10 }, (_, i) => eventLine(nano(i), { Type: 'volume' }));
      server.ring = [...before.slice(10), die, ...after];
      server.hangs = false;
      const second = hear(events as Source<unknown>);
      await second.until(({ records }) => records.length > 0);
      expect(second.records[0]).to.include({ kind: 'gap' });
    });
  });
});
