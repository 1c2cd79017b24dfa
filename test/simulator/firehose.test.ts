import { expect } from 'chai';
import { dockerOf, linesOf, nanoOf, openStream, parseEvents, simulators, type Lines } from './support.ts';

const sequences = (lines: readonly string[]): number[] =>
  parseEvents(lines).map(({ Actor }) => Number(Actor.Attributes['sequence']));

const counting = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

const firehose = { eventsPerSecond: Infinity, containers: 7 } as const;

describe('the firehose of the simulated engine', () => {
  const start = simulators();

  it('gives dockerode every event once, whole and in order', async () => {
    const count = 30_000;
    const simulator = await start({ ...firehose, events: count });
    const lines = linesOf(await dockerOf(simulator).getEvents());
    await lines.until(count);
    expect(sequences(lines.all)).to.deep.equal(counting(count));
    expect([simulator.eventsPublished, simulator.eventsSkipped]).to.deep.equal([count, 0]);
    const nanos = lines.all.map(nanoOf);
    expect(
      nanos.every((nano, i) => i === 0 || nano > nanos[i - 1]!),
      'times increase',
    ).to.equal(true);
    const [first] = parseEvents(lines.all);
    expect(nanos[0]! / 1_000_000_000n).to.equal(BigInt(first!.time));
  });

  it('stops after the number asked for, wherever that is in a batch', async () => {
    for (const events of [1, 191, 192, 193]) {
      const simulator = await start({ ...firehose, events });
      const { lines } = await openStream(simulator, '/events');
      await lines.until(events);
      simulator.emit({ type: 'end', action: 'end', id: 'end', attributes: {} });
      await lines.until(events + 1);
      expect(parseEvents(lines.all).at(-1)!.Action).to.equal('end');
      expect(sequences(lines.all.slice(0, -1))).to.deep.equal(counting(events));
    }
  });

  it('waits for a reader that stops, and loses nothing', async () => {
    const count = 20_000;
    const simulator = await start({ ...firehose, events: count });
    const { lines, response } = await openStream(simulator, '/events');
    await lines.until(100);
    response.pause();
    // what the socket holds still arrives at the kernel; then it stands still
    let before = -1;
    while (simulator.eventsPublished !== before) {
      before = simulator.eventsPublished;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(before).to.be.lessThan(count);
    response.resume();
    await lines.until(count);
    expect(sequences(lines.all)).to.deep.equal(counting(count));
    expect(simulator.eventsSkipped).to.equal(0);
  });

  it('gives several listeners the same events, in both forms', async () => {
    const simulator = await start({ ...firehose, apiVersion: '1.52', events: 5000 });
    const paths = ['/events', '/v1.51/events', '/events?filters=%7B%22event%22%3A%5B%22exec_die%22%5D%7D'];
    simulator.freeze();
    const opening = paths.map((path) => openStream(simulator, path));
    while (simulator.connections < paths.length) await new Promise((resolve) => setImmediate(resolve));
    simulator.thaw();
    const [plain, legacy, filtered] = (await Promise.all(opening)).map(({ lines }) => lines) as [
      Lines,
      Lines,
      Lines,
    ];
    const [end] = sequences((await plain.until(5000)).slice(-1));
    expect(end).to.equal(4999);
    const firstLegacy = 5000 - (await legacy.until(1), sequences(legacy.all)[0]!);
    await legacy.until(firstLegacy);
    expect(sequences(legacy.all)).to.deep.equal(counting(5000).slice(-firstLegacy));
    expect(Object.keys(parseEvents(legacy.all)[0]!)).to.include('status');
    expect(Object.keys(parseEvents(plain.all)[0]!)).to.not.include('status');
    const [firstFiltered] = sequences(await filtered.until(1));
    const wanted = counting(5000).filter(
      (i) => i >= firstFiltered! && parseEvents([plain.all[i]!])[0]!.Action === 'exec_die',
    );
    await filtered.until(wanted.length);
    expect(sequences(filtered.all)).to.deep.equal(wanted);
  });

  it('replays its newest 256 to whoever comes next', async () => {
    const simulator = await start({ ...firehose, events: 1000 });
    const { lines, response } = await openStream(simulator, '/events');
    const last = (await lines.until(1000)).slice(-256);
    response.destroy();
    const { lines: replayed } = await openStream(simulator, '/events?since=0');
    expect(await replayed.until(256)).to.deep.equal(last);
  });

  it('makes nothing while nobody listens, and goes on where it was', async () => {
    const simulator = await start({ ...firehose });
    expect(simulator.eventsPublished).to.equal(0);
    const { lines, response } = await openStream(simulator, '/events');
    await lines.until(1000);
    response.destroy();
    while (simulator.eventListeners > 0) await new Promise((resolve) => setImmediate(resolve));
    const published = simulator.eventsPublished;
    const { lines: next } = await openStream(simulator, '/events');
    expect(sequences(await next.until(1))[0]).to.equal(published);
  });

  it('lets other events through in between', async () => {
    const simulator = await start({ ...firehose });
    const { lines } = await openStream(simulator, '/events');
    await lines.until(500);
    simulator.restartContainer('shop-web-1');
    let at = -1;
    for (let count = 1000; at < 0; count += 1000) {
      at = parseEvents(await lines.until(count)).findIndex(({ Action }) => Action === 'restart');
    }
    const numbered = lines.all.filter((line) => line.includes('"sequence"'));
    expect(sequences(numbered)).to.deep.equal(counting(numbered.length));
  });
});
