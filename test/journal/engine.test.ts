import { expect } from 'chai';
import { BehaviorSubject } from 'rxjs';
import { dockerEngine } from '../../src/engine/engine.ts';
import { journaled } from '../../src/journal/journaled.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { becomes, hear } from '../sources/hear.ts';
import { bytesIn, journalFolder } from './feed.ts';

describe('journaled over an engine', () => {
  const dir = journalFolder();
  let simulator: Simulator;
  beforeEach(async () => (simulator = await startSimulator({ scenario: 'quiet', containers: 1 })));
  afterEach(() => simulator.close());

  it('reads all its events while the sinks stand still, far more than the engine keeps', async () => {
    const events = dockerEvents({ engine: dockerEngine({ address: simulator.host }), reconcile: false });
    const gate = new BehaviorSubject(false);
    const heard = hear(journaled(events, { dir: dir() }), gate);
    await becomes(() => simulator.eventListeners === 1);
    for (let i = 0; i < 5000; i += 1) {
      simulator.emit({ type: 'volume', action: 'create', id: `volume-${i}`, attributes: {} });
      if (i % 200 === 199) await new Promise(setImmediate);
    }
    await becomes(() => bytesIn(dir()) > 5000 * 200);
    expect(simulator.eventListeners).to.equal(1);
    gate.next(true);
    await heard.until(({ records }) => records.length === 5000);
    expect(heard.records.map((event) => (event as DockerEvent).id)).to.deep.equal(
      Array.from({ length: 5000 }, (_, i) => `volume-${i}`),
    );
  });
});
