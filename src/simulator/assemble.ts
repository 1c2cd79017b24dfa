import { readFileSync } from 'node:fs';
import { actorEvents } from './actor-events.ts';
import { createAgenda, type Agenda } from './agenda.ts';
import { startBackground } from './background.ts';
import { createClock } from './clock.ts';
import { createCollector, type Collector } from './collector.ts';
import { createExecs, type Execs } from './execs.ts';
import { createFaults, type Faults } from './faults.ts';
import { createFirehose } from './firehose.ts';
import { fleetSpecs } from './fleet.ts';
import { createHub, type Hub } from './hub.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createLogs, type Logs } from './logs.ts';
import type { Settings } from './options.ts';
import { createPlayer, type Player } from './player.ts';
import { createPower, type Power } from './power.ts';
import { engineProfile, hasLegacyFields } from './profile.ts';
import { createRandom } from './random.ts';
import { answer } from './routes.ts';
import { createEngineServer, type EngineServer } from './server.ts';
import { createWorld, type World } from './world.ts';

/** A simulated engine in its parts, answering but with nothing happening yet. */
export interface Engine {
  readonly world: World;
  readonly hub: Hub;
  readonly agenda: Agenda;
  readonly collector: Collector;
  readonly lifecycle: Lifecycle;
  readonly execs: Execs;
  readonly logs: Logs;
  readonly server: EngineServer;
  readonly power: Power;
  readonly faults: Faults;
  readonly player: Player;
  /** the host's clock is set; what containers have used stays what it is */
  readonly stepClock: (ms: number) => void;
  /** starts the background events and the scenarios */
  readonly begin: () => void;
}

const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

export async function assembleEngine(settings: Settings): Promise<Engine> {
  const { seed, containers, statsEveryMs, eventsPerSecond, scenario } = settings;
  const profile = engineProfile(settings.apiVersion, settings.cgroup);
  const clock = createClock();
  const world = createWorld(seed, clock);
  const hub = createHub(clock, hasLegacyFields(profile.apiMinor));
  const collector = createCollector(profile, clock, statsEveryMs);
  const logs = createLogs(clock);
  const agenda = createAgenda();
  const lifecycle = createLifecycle({ world, hub, clock, collector, logs, agenda, profile });
  const events = actorEvents(world, hub);
  const execs = createExecs(world, events, clock);
  const faults = createFaults(hub, () => server);
  const server: EngineServer = await createEngineServer({
    socketPath: settings.socketPath,
    profile,
    clock,
    product: `dockrx-simulator/${version()}`,
    answer: (call) => faults.pass(call, () => answer(call, { world, hub, clock, collector, logs, profile })),
  });

  // the containers were there before anybody looked
  hub.mode('drop');
  for (const spec of fleetSpecs(containers, seed)) lifecycle.start(lifecycle.create(spec));
  hub.mode('live');

  const firehose =
    eventsPerSecond === Infinity
      ? createFirehose(hub, clock, {
          containers: [...world.containers.values()],
          seed,
          limit: settings.events,
        })
      : undefined;
  const power = createPower({ world, hub, collector, agenda, lifecycle, server, profile, firehose });
  const restartEngine = async (downMs: number): Promise<void> => {
    await power.down('live-restore');
    await new Promise((resolve) => setTimeout(resolve, downMs));
    await power.up();
  };
  const random = createRandom(seed, 'scenarios');
  const player = createPlayer({ world, hub, lifecycle, execs, logs, random, seed, restartEngine }, agenda);

  return {
    world,
    hub,
    agenda,
    collector,
    lifecycle,
    execs,
    logs,
    server,
    power,
    faults,
    player,
    stepClock: (ms) => {
      const nano = BigInt(ms) * 1_000_000n;
      clock.step(nano);
      for (const { counters } of world.containers.values()) counters.atNano += nano;
    },
    begin: () => {
      if (eventsPerSecond > 0 && eventsPerSecond < Infinity) {
        startBackground({ world, hub, events, execs, logs, agenda, seed }, eventsPerSecond);
      }
      if (scenario === 'lively') player.lively();
      else if (scenario !== 'quiet') [scenario].flat().forEach(player.loop);
    },
  };
}
