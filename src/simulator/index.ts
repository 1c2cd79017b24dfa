import { assembleEngine } from './assemble.ts';
import type { Faults } from './faults.ts';
import { settingsOf, type SimulatorOptions } from './options.ts';
import type { Shutdown } from './power.ts';
import type { ScenarioName } from './scenarios.ts';
import type { Container, ContainerSpec, EngineEvent, LogEntry } from './types.ts';

export type { Faults } from './faults.ts';
export type { SimulatorOptions } from './options.ts';
export type { Shutdown } from './power.ts';
export type { ScenarioName } from './scenarios.ts';
export type { ContainerSpec, EngineEvent, LoadProfile, RestartPolicy, VolumeMount } from './types.ts';

/** A running simulated engine. Containers are named by id, name or beginning of the id. */
export interface Simulator {
  readonly socketPath: string;
  /** for DOCKER_HOST: `unix://…` */
  readonly host: string;
  /** events published so far, whoever read them */
  readonly eventsPublished: number;
  /** what happened while it was down, and before it was first up: no event tells of it */
  readonly eventsUntold: number;
  /** events lost by listeners that did not read */
  readonly eventsSkipped: number;
  /** open sockets */
  readonly connections: number;
  /** open `/events` answers */
  readonly eventListeners: number;

  /** hears the exact line of every event published from now on, whoever reads; returns how to stop */
  readonly onLine: (listener: (line: string) => void) => () => void;
  /** hears the line of every event that a listener loses because it does not read; returns how to stop */
  readonly onSkipped: (listener: (line: string) => void) => () => void;
  /** publishes an event of any kind; changes no container */
  readonly emit: (event: EngineEvent) => void;
  /** returns the id; what is not given is a small busybox on the bridge network */
  readonly createContainer: (spec?: Partial<ContainerSpec>) => string;
  /** a container that is there starts to run */
  readonly start: (container: string) => void;
  /** the command does not exist: no `start`, no `die`, still created, exit code 127 */
  readonly failStart: (container: string) => void;
  /** the main process ends by itself; a restart policy applies */
  readonly die: (container: string, exitCode?: number) => void;
  /** `docker stop`; `exitCode` is what the process answers to SIGTERM */
  readonly stop: (container: string, exitCode?: number) => void;
  /** signal 9 (default) ends it, others are only reported */
  readonly kill: (container: string, signal?: number) => void;
  /** `docker restart` */
  readonly restartContainer: (container: string, exitCode?: number) => void;
  /** the kernel kills the main process (default) or only a child */
  readonly oom: (container: string, victim?: 'main' | 'child') => void;
  /** `docker pause`: it runs on, and uses nothing */
  readonly pause: (container: string) => void;
  /** `docker unpause` */
  readonly unpause: (container: string) => void;
  /** its events have the new name from then on */
  readonly rename: (container: string, name: string) => void;
  /** by force */
  readonly remove: (container: string) => void;
  /** `docker exec`: its three events */
  readonly exec: (container: string, command: string, exitCode?: number) => void;
  /** one run of the health check */
  readonly probe: (container: string, exitCode: number) => void;
  /** the container prints a line */
  readonly log: (container: string, text: string, stream?: LogEntry['stream']) => void;

  /** the engine goes down; what happens to containers until `up` is never told. Default 'live-restore' */
  readonly down: (how?: Shutdown) => Promise<void>;
  /** it answers again; its containers are as they were left */
  readonly up: () => Promise<void>;
  /** down and up: streams are cut, the ring is forgotten */
  readonly restart: (how?: Shutdown) => Promise<void>;
  /** as SIGSTOP: accepts and never answers, streams are silent; events wait for `thaw` */
  readonly freeze: () => void;
  /** it goes on where it stood */
  readonly thaw: () => void;
  readonly faults: Faults;
  /** sets the engine's clock forward or back by so many whole milliseconds */
  readonly stepClock: (ms: number) => void;
  /** plays a story once; `pace` stretches its pauses, 0 = none. Never settles if the simulator is closed before */
  readonly play: (scenario: ScenarioName, pace?: number) => Promise<void>;

  /** ends everything and releases sockets, timers and the folder */
  readonly close: () => Promise<void>;
}

/**
 * Starts a simulated engine on a unix socket.
 *
 * @throws RangeError for an option out of range; errors of listening as they are
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const engine = await assembleEngine(settingsOf(options));
  const { world, hub, lifecycle, execs, logs, power, player, server } = engine;
  await server.listen();
  engine.begin();

  const get = (reference: string): Container => {
    const lookup = world.find(reference);
    if (lookup.kind === 'found') return lookup.container;
    throw new Error(`simulator: no container ${JSON.stringify(reference)} (${lookup.kind})`);
  };
  const down = (how: Shutdown = 'live-restore'): Promise<void> => power.down(how);

  return {
    socketPath: server.socketPath,
    host: `unix://${server.socketPath}`,
    get eventsPublished() {
      return hub.published();
    },
    get eventsUntold() {
      return hub.untold();
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
    onLine: hub.onLine,
    onSkipped: hub.onSkipped,
    emit: hub.publish,
    createContainer: (spec = {}) => lifecycle.create(spec).id,
    start: (container) => lifecycle.start(get(container)),
    failStart: (container) => lifecycle.failStart(get(container)),
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
    down,
    up: power.up,
    restart: async (how) => {
      await down(how);
      await power.up();
    },
    freeze: power.freeze,
    thaw: power.thaw,
    faults: engine.faults,
    stepClock: engine.stepClock,
    play: (scenario, pace = 1) =>
      new Promise((resolve, reject) =>
        player.play(scenario, pace, (error) => (error === undefined ? resolve() : reject(error))),
      ),
    close: async () => {
      engine.agenda.close();
      engine.collector.pause();
      await server.close();
    },
  };
}
