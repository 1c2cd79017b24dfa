import type { ActorEvents } from './actor-events.ts';
import type { Clock } from './clock.ts';
import type { Container } from './types.ts';
import type { World } from './world.ts';

/** Processes started inside containers, by users and by health checks. */
export interface Execs {
  readonly exec: (container: Container, command: string, exitCode: number) => void;
  /** one health check: three exec events, and `health_status` when the verdict changes */
  readonly probe: (container: Container, exitCode: number) => void;
}

export const healthRetries = 3;
const keptProbes = 5;

export function createExecs(world: World, events: ActorEvents, clock: Clock): Execs {
  const exec = (container: Container, command: string, exitCode: number): void => {
    const execID = world.hex(64);
    events.container(container, `exec_create: ${command}`, { execID });
    events.container(container, `exec_start: ${command}`, { execID });
    events.container(container, 'exec_die', { execID, exitCode: String(exitCode) });
  };
  const judge = (container: Container): Container['health'] => {
    if (container.failingStreak === 0) return 'healthy';
    return container.failingStreak >= healthRetries ? 'unhealthy' : container.health;
  };
  return {
    exec,
    probe: (container, exitCode) => {
      if (container.health === 'none')
        throw new Error(`simulator: ${container.spec.name} has no health check`);
      const startNano = clock.now();
      exec(container, `/bin/sh -c ${container.spec.healthCommand}`, exitCode);
      container.probes.push({ startNano, endNano: clock.now(), exitCode });
      if (container.probes.length > keptProbes) container.probes.shift();
      container.failingStreak = exitCode === 0 ? 0 : container.failingStreak + 1;
      const health = judge(container);
      if (health === container.health) return;
      container.health = health;
      events.container(container, `health_status: ${health}`);
    },
  };
}
