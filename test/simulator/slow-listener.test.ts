import { expect } from 'chai';
import { openStream, parseEvents, simulators } from './support.ts';

describe('a listener of the simulated engine that does not read', () => {
  const start = simulators();

  it('loses events silently beyond its 1,024 slots and the socket, while others lose none', async () => {
    const count = 6000;
    const simulator = await start();
    const { lines: reading } = await openStream(simulator, '/events');
    const { lines: sleeping, response } = await openStream(simulator, '/events');
    simulator.emit({ type: 'volume', action: 'create', id: 'first', attributes: {} });
    await sleeping.until(1);
    response.pause();
    const attributes = { driver: 'local', padding: 'x'.repeat(300) };
    for (let i = 0; i < count; i++) {
      simulator.emit({ type: 'volume', action: 'create', id: String(i), attributes });
      // the reading one gets its turn, as it would have from another process
      if (i % 100 === 99) await reading.until(1 + i + 1);
    }
    expect(
      parseEvents(reading.all)
        .slice(1)
        .map(({ Actor }) => Number(Actor.ID)),
    ).to.deep.equal(Array.from({ length: count }, (_, i) => i));
    const lost = simulator.eventsSkipped;
    expect(lost).to.be.greaterThan(0);

    response.resume();
    await sleeping.until(1 + count - lost);
    simulator.emit({ type: 'volume', action: 'create', id: 'after', attributes });
    const all = parseEvents(await sleeping.until(2 + count - lost)).map(({ Actor }) => Actor.ID);
    // the first ones are all there, nothing marks the hole, and what comes later arrives
    const kept = Array.from({ length: count - lost }, (_, i) => String(i));
    expect(all).to.deep.equal(['first', ...kept, 'after']);
    expect(kept.length).to.be.greaterThan(1024);
  });

  it('does not count as losing when it goes away', async () => {
    const simulator = await start();
    const { response } = await openStream(simulator, '/events');
    response.destroy();
    while (simulator.eventListeners > 0) await new Promise((resolve) => setImmediate(resolve));
    simulator.emit({ type: 'volume', action: 'create', id: 'v', attributes: {} });
    expect(simulator.eventsSkipped).to.equal(0);
  });
});
