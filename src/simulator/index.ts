import { readFileSync } from 'node:fs';
import { actorEvents } from './actor-events.ts';
import { createAgenda } from './agenda.ts';
import { createClock } from './clock.ts';
import { createCollector } from './collector.ts';
import { createExecs } from './execs.ts';
import { fleetSpecs } from './fleet.ts';
import { createHub } from './hub.ts';
import { createLifecycle } from './lifecycle.ts';
import { createLogs } from './logs.ts';
import type { SimulatorOptions } from './options.ts';
import { engineProfile } from './profile.ts';
import { answer } from './routes.ts';
import { createEngineServer } from './server.ts';
import type { Container, ContainerSpec, EngineEvent, LogEntry } from './types.ts';
import { createWorld } from './world.ts';

export type { SimulatorOptions } from './options.ts';
export type { ContainerSpec, EngineEvent } from './types.ts';

/** A running simulated engine. Containers are named by id, name or beginning of the id. */
export interface Simulator {
  readonly socketPath: string;
  /** for DOCKER_HOST: `unix://…` */
  readonly host: string;
  /** events published so far, whoever read them */
  readonly eventsPublished: number;
  /** events lost by listeners that did not read */
  readonly eventsSkipped: number;
  /** open sockets */
  readonly connections: number;
  /** open `/events` answers */
  readonly eventListeners: number;

  /** publishes an event of any kind; changes no container */
  readonly emit: (event: EngineEvent) => void;
  /** returns the id; what is not given is a small busybox on the bridge network */
  readonly createContainer: (spec?: Partial<ContainerSpec>) => string;
  readonly start: (container: string) => void;
  /** the main process ends by itself; a restart policy applies */
  readonly die: (container: string, exitCode?: number) => void;
  /** `docker stop`; `exitCode` is what the process answers to SIGTERM */
  readonly stop: (container: string, exitCode?: number) => void;
  /** signal 9 (default) ends it, others are only reported */
  readonly kill: (container: string, signal?: number) => void;
  readonly restartContainer: (container: string, exitCode?: number) => void;
  /** the kernel kills the main process (default) or only a child */
  readonly oom: (container: string, victim?: 'main' | 'child') => void;
  readonly pause: (container: string) => void;
  readonly unpause: (container: string) => void;
  readonly rename: (container: string, name: string) => void;
  /** by force */
  readonly remove: (container: string) => void;
  readonly exec: (container: string, command: string, exitCode?: number) => void;
  /** one run of the health check */
  readonly probe: (container: string, exitCode: number) => void;
  /** the container prints a line */
  readonly log: (container: string, text: string, stream?: LogEntry['stream']) => void;

  /** ends everything and releases sockets, timers and the folder */
  readonly close: () => Promise<void>;
}

const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};

/** @throws RangeError for a version that is not simulated; errors of listening as they are */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, containers = 12, statsEveryMs = 1000 } = options;
  const profile = engineProfile(options.apiVersion ?? '1.51', options.cgroup ?? 'v2');
  const clock = createClock();
  const world = createWorld(seed, clock);
  const hub = createHub(clock);
  const collector = createCollector(profile, clock, statsEveryMs);
  const logs = createLogs(clock);
  const agenda = createAgenda();
  const lifecycle = createLifecycle({ world, hub, clock, collector, logs, agenda, profile });
  const execs = createExecs(world, actorEvents(world, hub), clock);
  const server = await createEngineServer({
    socketPath: options.socketPath,
    profile,
    product: `dockrx-simulator/${version()}`,
    answer: (call) => answer(call, { world, hub, clock, collector, logs, profile }),
  });

  const get = (reference: string): Container => {
    const lookup = world.find(reference);
    if (lookup.kind !== 'found')
      throw new Error(`simulator: no container ${JSON.stringify(reference)} (${lookup.kind})`);
    return lookup.container;
  };
  hub.mode('drop');
  for (const spec of fleetSpecs(containers, seed)) lifecycle.start(lifecycle.create(spec));
  hub.mode('live');
  await server.listen();

  return {
    socketPath: server.socketPath,
    host: `unix://${server.socketPath}`,
    get eventsPublished() {
      return hub.published();
    },
    get eventsSkipped() {
      return hub.skipped();
    },
    get connections() {
      return server.connections();
    },
    get eventListeners() {
      return hub.listeners.size;
    },
    emit: hub.publish,
    createContainer: (spec = {}) => lifecycle.create(spec).id,
    start: (container) => lifecycle.start(get(container)),
    die: (container, exitCode = 0) => lifecycle.die(get(container), exitCode),
    stop: (container, exitCode = 0) => lifecycle.stop(get(container), exitCode),
    kill: (container, signal = 9) => lifecycle.kill(get(container), signal),
    restartContainer: (container, exitCode = 0) => lifecycle.restart(get(container), exitCode),
    oom: (container, victim = 'main') => lifecycle.oom(get(container), victim),
    pause: (container) => lifecycle.pause(get(container)),
    unpause: (container) => lifecycle.unpause(get(container)),
    rename: (container, name) => lifecycle.rename(get(container), name),
    remove: (container) => lifecycle.remove(get(container)),
    exec: (container, command, exitCode = 0) => execs.exec(get(container), command, exitCode),
    probe: (container, exitCode) => execs.probe(get(container), exitCode),
    log: (container, text, stream = 'stdout') => logs.write(get(container), text, stream),
    close: async () => {
      agenda.close();
      collector.pause();
      await server.close();
    },
  };
}
