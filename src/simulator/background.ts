import type { Agenda } from './agenda.ts';
import type { ActorEvents } from './actor-events.ts';
import type { Execs } from './execs.ts';
import type { Hub } from './hub.ts';
import type { Logs } from './logs.ts';
import { createRandom, type Random } from './random.ts';
import type { Container } from './types.ts';
import type { World } from './world.ts';

export interface BackgroundParts {
  readonly world: World;
  readonly hub: Hub;
  readonly events: ActorEvents;
  readonly execs: Execs;
  readonly logs: Logs;
  readonly agenda: Agenda;
  readonly seed: number;
}

const requests = ['GET /', 'GET /health', 'GET /api/orders?page=2', 'POST /api/login', 'GET /static/app.js'];

function act(parts: BackgroundParts, random: Random, up: readonly Container[]): void {
  const { world, hub, events, execs, logs } = parts;
  const checked = up.filter(({ health }) => health !== 'none');
  const chance = random.next();
  const container = up.length === 0 ? undefined : random.pick(up);
  if (container !== undefined) {
    const status = random.pick([200, 200, 200, 304, 404, 500]);
    logs.write(container, `${random.pick(requests)} ${status} ${random.integer(1, 900)}ms`, 'stdout');
  }
  if (chance < 0.75 && checked.length > 0) return execs.probe(random.pick(checked), 0);
  if (chance < 0.85 && container !== undefined)
    return execs.exec(container, random.pick(['sh', 'ls -la /', 'env']), 0);
  if (chance < 0.9 && container !== undefined) return events.container(container, 'top');
  if (chance < 0.95) {
    const name = random.pick(['alpine:3.20', 'busybox:1.37', 'nginx:1.27.2-alpine']);
    return hub.publish({
      type: 'image',
      action: 'pull',
      id: name,
      attributes: { name: name.split(':')[0]! },
    });
  }
  const volume = world.hex(64);
  for (const action of ['create', 'destroy']) {
    hub.publish({ type: 'volume', action, id: volume, attributes: { driver: 'local' } });
  }
}

/** What goes on all the time: health checks above all, execs, pulls, volumes; and log lines. */
export function startBackground(parts: BackgroundParts, eventsPerSecond: number): void {
  const random = createRandom(parts.seed, 'background');
  const step = (): void => {
    const before = parts.hub.published();
    const up = [...parts.world.containers.values()].filter(({ state }) => state === 'running');
    act(parts, random, up);
    const published = Math.max(1, parts.hub.published() - before);
    parts.agenda.after((1000 * published) / eventsPerSecond, step);
  };
  parts.agenda.after(1000 / eventsPerSecond, step);
}
