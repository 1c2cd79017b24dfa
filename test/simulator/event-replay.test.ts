import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/index.ts';
import { ask, dockerOf, linesOf, nanoOf, openStream, parseEvents, seconds, simulators } from './support.ts';

const volume = (simulator: Simulator, id: string, timeNano?: bigint): void =>
  simulator.emit({
    type: 'volume',
    action: 'create',
    id,
    attributes: { driver: 'local' },
    ...(timeNano === undefined ? {} : { timeNano }),
  });

const volumes = (simulator: Simulator, count: number): void => {
  for (let i = 0; i < count; i++) volume(simulator, `v${i}`);
};

const ids = (lines: readonly string[]): string[] => parseEvents(lines).map(({ Actor }) => Actor.ID);

/** What `GET /events` answers and ends with. */
const past = async (simulator: Simulator, query: string): Promise<string[]> => {
  const { status, body } = await ask(simulator, `/events?${query}`);
  expect(status, body).to.equal(200);
  return body.split('\n').slice(0, -1);
};

const future = String(Math.ceil(Date.now() / 1000) + 3600);

describe('the simulated engine replays events', () => {
  const start = simulators();

  it('none without since and until, only what comes', async () => {
    const simulator = await start();
    volumes(simulator, 3);
    const lines = linesOf(await dockerOf(simulator).getEvents());
    volume(simulator, 'live');
    expect(ids(await lines.until(1))).to.deep.equal(['live']);
  });

  it('the newest 256 of all types, in the order they were published', async () => {
    const simulator = await start();
    volumes(simulator, 300);
    const { lines } = await openStream(simulator, '/events?since=0');
    volume(simulator, 'live');
    const newest = Array.from({ length: 256 }, (_, i) => `v${i + 44}`);
    expect(ids(await lines.until(257))).to.deep.equal([...newest, 'live']);
  });

  it('and goes on with what comes, without a hole and without doubles', async () => {
    const simulator = await start();
    volumes(simulator, 5);
    const lines = linesOf(await dockerOf(simulator).getEvents({ since: 0 }));
    volumes(simulator, 5);
    expect(ids(await lines.until(10))).to.deep.equal([
      'v0',
      'v1',
      'v2',
      'v3',
      'v4',
      'v0',
      'v1',
      'v2',
      'v3',
      'v4',
    ]);
  });

  it('from since on, inclusive to the nanosecond', async () => {
    const simulator = await start();
    volumes(simulator, 4);
    const { lines } = await openStream(simulator, '/events?since=0');
    const third = nanoOf((await lines.until(4))[2]!);
    const until = `until=${seconds(third + 1_000_000_000_000n)}`;
    const from = async (query: string): Promise<string[]> => {
      const { lines: replayed, response } = await openStream(simulator, `/events?${query}&${until}`);
      volume(simulator, 'last');
      const all = await replayed.until(1);
      while (ids(all).at(-1) !== 'last') await replayed.until(all.length + 1);
      response.destroy();
      return ids(all).filter((id) => id !== 'last');
    };
    expect(await from(`since=${seconds(third)}`)).to.deep.equal(['v2', 'v3']);
    expect(await from(`since=${seconds(third + 1n)}`)).to.deep.equal(['v3']);
    expect(await from(`since=${seconds(third)}9`), 'ten digits').to.deep.equal(['v2', 'v3']);
    expect(await from(`since=-5`)).to.deep.equal(['v0', 'v1', 'v2', 'v3']);
  });

  it('until a time in the past and ends, inclusive, also without since', async () => {
    const simulator = await start();
    volumes(simulator, 4);
    const { lines } = await openStream(simulator, '/events?since=0');
    const second = nanoOf((await lines.until(4))[1]!);
    expect(ids(await past(simulator, `until=${seconds(second)}`))).to.deep.equal(['v0', 'v1']);
    expect(ids(await past(simulator, `until=${seconds(second - 1n)}`))).to.deep.equal(['v0']);
  });

  it('until a time to come, then ends cleanly', async () => {
    const simulator = await start();
    volumes(simulator, 2);
    const soon = seconds(BigInt(Date.now() + 150) * 1_000_000n);
    const { lines } = await openStream(simulator, `/events?since=0&until=${soon}`);
    volume(simulator, 'live');
    expect(await lines.over).to.equal('clean');
    expect(ids(lines.all)).to.deep.equal(['v0', 'v1', 'live']);
  });

  it('stops at the first older event, even if newer ones were filed before it', async () => {
    const simulator = await start();
    volumes(simulator, 3);
    const { lines } = await openStream(simulator, '/events?since=0');
    const first = nanoOf((await lines.until(3))[0]!);
    volume(simulator, 'back-dated', first - 5_000_000_000n);
    volume(simulator, 'newest');
    await lines.until(5);
    const { lines: replayed, response } = await openStream(simulator, `/events?since=${seconds(first)}`);
    expect(ids(await replayed.until(1))).to.deep.equal(['newest']);
    response.destroy();
  });

  it('does not filter live events by a since to come', async () => {
    const simulator = await start();
    const { lines } = await openStream(simulator, `/events?since=${future}`);
    volume(simulator, 'live');
    expect(ids(await lines.until(1))).to.deep.equal(['live']);
  });

  it('can tell two events of the same nanosecond and events that go back in time', async () => {
    const simulator = await start();
    const { lines } = await openStream(simulator, '/events');
    const nano = 1_795_304_557_684_724_733n;
    for (const [id, time] of [
      ['a', nano],
      ['b', nano],
      ['c', nano - 1n],
    ] as const)
      volume(simulator, id, time);
    expect((await lines.until(3)).map(nanoOf)).to.deep.equal([nano, nano, nano - 1n]);
    expect(lines.all[0]).to.equal(
      '{"Type":"volume","Action":"create","Actor":{"ID":"a","Attributes":{"driver":"local"}},"scope":"local","time":1795304557,"timeNano":1795304557684724733}',
    );
  });

  it('refuses times that are none: 500 before 29, 400 from it on', async () => {
    for (const [apiVersion, status] of [
      ['1.41', 500],
      ['1.51', 500],
      ['1.52', 400],
    ] as const) {
      const simulator = await start({ apiVersion });
      const reply = await ask(simulator, '/events?since=2026-11-22T00:00:00Z');
      expect([reply.status, JSON.parse(reply.body)]).to.deep.equal([
        status,
        { message: 'strconv.ParseInt: parsing "2026-11-22T00:00:00Z": invalid syntax' },
      ]);
    }
  });

  it('refuses a since after until', async () => {
    const reply = await ask(await start(), '/events?since=20&until=10');
    expect(reply.status).to.equal(400);
    expect(reply.body).to.equal('{"message":"`since` time (20) cannot be after `until` time (10)"}\n');
  });

  it('keeps 256 events of all types, but replays only those a filter lets through', async () => {
    const simulator = await start();
    const filters = encodeURIComponent('{"type":["volume"]}');
    const soon = (): string => seconds(BigInt(Date.now() + 100) * 1_000_000n);
    const networkEvents = (count: number): void => {
      for (let i = 0; i < count; i++)
        simulator.emit({ type: 'network', action: 'connect', id: 'n', attributes: {} });
    };
    volume(simulator, 'early');
    networkEvents(255);
    expect(ids(await past(simulator, `since=0&until=${soon()}&filters=${filters}`))).to.deep.equal(['early']);
    networkEvents(1);
    expect(ids(await past(simulator, `since=0&until=${soon()}&filters=${filters}`))).to.deep.equal([]);
  });
});
