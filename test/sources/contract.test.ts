import type { Source } from '../../src/core/types.ts';
import { dockerEngine, type Engine } from '../../src/engine/engine.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { startSimulator, type Simulator } from '../../src/simulator/index.ts';
import { dockerContainers } from '../../src/sources/docker-containers.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { dockerLogs } from '../../src/sources/docker-logs.ts';
import { dockerStats } from '../../src/sources/docker-stats.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { isLive } from './live.ts';
import { answerJson, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';

/** What `happen` makes of which no other record is: see there. */
const identities: Readonly<Record<string, (record: unknown) => string | undefined>> = {
  dockerEvents: (record) => {
    const event = record as DockerEvent | Gap;
    return isLive(event) && event.type === 'volume' ? event.id : undefined;
  },
  dockerLogs: (record) => (record as LogLine).text,
};

const sources: Readonly<Record<string, (engine: Engine) => Source<unknown>>> = {
  dockerContainers: (engine) => dockerContainers({ engine, everyMs: 100 }),
  dockerEvents: (engine) => dockerEvents({ engine }),
  dockerLogs: (engine) => dockerLogs({ engine }),
  'dockerStats by streams': (engine) => dockerStats({ engine, everyMs: 100, mode: 'stream' }),
  'dockerStats by polls': (engine) => dockerStats({ engine, everyMs: 100, mode: 'poll' }),
};

for (const [name, make] of Object.entries(sources)) {
  let simulator: Simulator;
  let forbidding: ScriptedEngine;
  sourceContract(
    name,
    async () => {
      const scenario = { scenario: 'quiet', statsEveryMs: 20, containers: 3 } as const;
      simulator = await startSimulator(scenario);
      const forbidden = answerJson({ message: 'forbidden' }, 403);
      forbidding = await scriptedEngine({ answers: { '*': forbidden } });
      let happened = 0;
      const writer = simulator.createContainer({ name: 'writer' });
      simulator.start(writer);
      return {
        make: () => make(dockerEngine({ address: simulator.host })),
        makeRefused: () => make(dockerEngine({ address: forbidding.address })),
        happen: () => {
          happened += 1;
          simulator.log(writer, `line ${happened}`);
          simulator.emit({ type: 'volume', action: 'create', id: `volume-${happened}`, attributes: {} });
          return Promise.resolve();
        },
        served: () => (simulator.eventListeners > 0 ? simulator.eventListeners : simulator.connections),
        goAway: () => simulator.down(),
        comeBack: () => simulator.up(),
      };
    },
    async () => {
      await simulator.close();
      await forbidding.close();
    },
    identities[name],
  );
}
