import type { Agenda } from './agenda.ts';
import type { Clock } from './clock.ts';
import type { Collector } from './collector.ts';
import { actorEvents } from './actor-events.ts';
import type { Hub } from './hub.ts';
import { emptyCounters } from './load.ts';
import type { Logs } from './logs.ts';
import type { EngineProfile } from './profile.ts';
import { restartDelayMs, shouldRestart } from './restart-policy.ts';
import type { Container, ContainerSpec } from './types.ts';
import { defaultSpec, type World } from './world.ts';

export interface LifecycleParts {
  readonly world: World;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly collector: Collector;
  readonly logs: Logs;
  readonly agenda: Agenda;
  readonly profile: EngineProfile;
}

/** What can happen to a container, with the events and in the order of the engine version. */
export interface Lifecycle {
  readonly create: (spec: Partial<ContainerSpec>) => Container;
  readonly start: (container: Container) => void;
  /** the process cannot be started: no `start`, no `die`, still `created`, exit code 127 */
  readonly failStart: (container: Container) => void;
  /** the main process ends by itself; a restart policy may start it again */
  readonly die: (container: Container, exitCode: number) => void;
  readonly stop: (container: Container, exitCode?: number) => void;
  readonly kill: (container: Container, signal: number) => void;
  readonly restart: (container: Container, exitCode?: number) => void;
  /** the kernel kills the main process, or a child (the container lives on) */
  readonly oom: (container: Container, victim: 'main' | 'child') => void;
  readonly pause: (container: Container) => void;
  readonly unpause: (container: Container) => void;
  readonly rename: (container: Container, name: string) => void;
  /** kills it first if it runs */
  readonly remove: (container: Container) => void;
}

const sigKill = 9;
const sigTerm = 15;

const isUp = ({ state }: Container): boolean => state === 'running' || state === 'paused';

export function createLifecycle(parts: LifecycleParts): Lifecycle {
  const { world, hub, clock, collector, logs, agenda, profile } = parts;
  const events = actorEvents(world, hub);

  const mustRun = (container: Container, what: string): void => {
    if (!isUp(container))
      throw new Error(`simulator: cannot ${what} ${container.spec.name}: it is ${container.state}`);
  };

  const start = (container: Container): void => {
    if (isUp(container)) throw new Error(`simulator: ${container.spec.name} is running already`);
    const nano = clock.now();
    const interfaces = container.spec.networks.filter((name) => world.network(name).type === 'bridge').length;
    container.endpoints = world.endpoints(container.spec, 'up');
    container.counters = emptyCounters(nano, interfaces);
    Object.assign(container, { state: 'running', startedNano: nano, pid: 1000 + (container.seed % 60_000) });
    Object.assign(container, { exitCode: 0, oomKilled: false, pressureBytes: 0, failingStreak: 0 });
    if (container.health !== 'none') container.health = 'starting';
    if (profile.mountBeforeConnect) events.volumes(container, 'mount');
    events.networks(container, 'connect');
    if (!profile.mountBeforeConnect) events.volumes(container, 'mount');
    events.container(container, 'start');
  };

  /** `stopped`: a stop was asked for, so its event belongs between. */
  const down = (container: Container, exitCode: number, stopped: boolean): void => {
    const finished = clock.now();
    const execDuration = String((finished - container.startedNano) / 1_000_000_000n);
    const dieEvent = { exitCode: String(exitCode), ...(profile.execDuration ? { execDuration } : {}) };
    container.state = 'exited';
    container.finishedNano = finished;
    container.exitCode = exitCode;
    container.pid = 0;
    const release = (): void => {
      events.networks(container, 'disconnect');
      events.volumes(container, 'unmount');
      if (stopped) events.container(container, 'stop');
    };
    if (profile.dieComesLast) release();
    events.container(container, 'die', dieEvent);
    if (!profile.dieComesLast) release();
    container.endpoints = world.endpoints(container.spec, 'down');
    logs.end(container);
  };

  const destroy = (container: Container): void => {
    world.drop(container);
    collector.remove(container);
    logs.end(container);
    events.container(container, 'destroy');
  };

  const die = (container: Container, exitCode: number): void => {
    mustRun(container, 'end');
    down(container, exitCode, false);
    if (container.spec.autoRemove) destroy(container);
    else if (shouldRestart(container, exitCode)) restartLater(container);
  };

  const restartLater = (container: Container): void => {
    container.state = 'restarting';
    agenda.after(restartDelayMs(container), () => {
      if (container.state !== 'restarting') return;
      container.restartCount++;
      start(container);
    });
  };

  const stop = (container: Container, exitCode = 0): void => {
    if (container.state === 'restarting') container.state = 'exited';
    if (!isUp(container)) return;
    events.container(container, 'kill', { signal: String(sigTerm) });
    down(container, exitCode, true);
    if (container.spec.autoRemove) destroy(container);
  };

  const kill = (container: Container, signal: number): void => {
    mustRun(container, 'kill');
    events.container(container, 'kill', { signal: String(signal) });
    if (signal !== sigKill) return;
    down(container, 137, false);
    if (container.spec.autoRemove) destroy(container);
  };

  return {
    create: (spec) => {
      const container = world.add({ ...defaultSpec, ...spec });
      if (profile.repeatsVolumeCreate) events.volumeCreates(container);
      events.container(container, 'create');
      return container;
    },
    start: (container) => {
      start(container);
      container.restartCount = 0;
    },
    failStart: (container) => {
      if (!profile.mountBeforeConnect) events.networks(container, 'connect');
      events.networks(container, 'disconnect');
      container.exitCode = 127;
    },
    die,
    stop,
    kill,
    restart: (container, exitCode = 0) => {
      if (isUp(container)) {
        events.container(container, 'kill', { signal: String(sigTerm) });
        down(container, exitCode, true);
      }
      start(container);
      container.restartCount = 0;
      events.container(container, 'restart');
    },
    oom: (container, victim) => {
      mustRun(container, 'OOM-kill in');
      container.oomKilled = true;
      events.container(container, 'oom');
      if (victim === 'main') die(container, 137);
    },
    pause: (container) => {
      if (container.state !== 'running')
        throw new Error(`simulator: ${container.spec.name} is ${container.state}`);
      collector.read(container);
      container.state = 'paused';
      events.container(container, 'pause');
    },
    unpause: (container) => {
      if (container.state !== 'paused') throw new Error(`simulator: ${container.spec.name} is not paused`);
      collector.read(container);
      container.state = 'running';
      if (container.health !== 'none') container.health = 'starting';
      events.container(container, 'unpause');
    },
    rename: (container, name) => {
      const oldName = `/${container.spec.name}`;
      world.rename(container, name);
      events.container(container, 'rename', { oldName });
    },
    remove: (container) => {
      if (container.state === 'restarting') container.state = 'exited';
      if (isUp(container)) {
        events.container(container, 'kill', { signal: String(sigKill) });
        down(container, 137, false);
      }
      destroy(container);
    },
  };
}
