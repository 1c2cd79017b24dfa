import { expect } from 'chai';
import { Subject } from 'rxjs';
import { sourceCounts } from '../../src/core/define-source.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { ContainerChange } from '../../src/sources/docker-stats/follow-containers.ts';
import { streamedReadings } from '../../src/sources/docker-stats/streamed.ts';
import { type FleetServer, fleetServer, idOf } from './fleet-server.ts';
import { becomes } from './hear.ts';

describe('streamedReadings', () => {
  let fleet: FleetServer;
  beforeEach(async () => (fleet = await fleetServer()));
  afterEach(() => fleet.close());

  it('never opens a stream of a container that has ended while it waited for its turn', async () => {
    const aborting = new AbortController();
    const connection = await dockerEngine({ address: fleet.address }).connect(aborting.signal);
    const changes = new Subject<ContainerChange>();
    const options = {
      everyMs: 1000,
      maxLineBytes: 1000,
      tell: (): void => undefined,
      counts: sourceCounts(),
    };
    const reading = streamedReadings(connection, aborting.signal, changes, options).subscribe();
    const up = (id: string): void =>
      changes.next({ type: 'up', container: { id, name: id, image: '', imageId: '', labels: {} } });
    for (let i = 1; i <= 258; i += 1) {
      fleet.stats.set(idOf(i), () => undefined);
      up(idOf(i));
    }
    changes.next({ type: 'down', id: idOf(257) });
    await becomes(() => fleet.askedFor().includes(idOf(258)));
    expect(fleet.askedFor()).to.have.lengthOf(257).and.not.include(idOf(257));
    reading.unsubscribe();
    aborting.abort();
    connection.close();
    await fleet.allClosed();
  });
});
