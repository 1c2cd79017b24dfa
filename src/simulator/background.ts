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

/** One of the containers that are right, or none after a few tries. */
function pick(
  { world }: BackgroundParts,
  random: Random,
  right: (container: Container) => boolean,
): Container | undefined {
  const containers = [...world.containers.values()];
  for (let tries = 0; tries < 8 && containers.length > 0; tries++) {
    const container = random.pick(containers);
    if (right(container)) return container;
  }
  return undefined;
}

const running = ({ state }: Container): boolean => state === 'running';
const checked = (container: Container): boolean => running(container) && container.health !== 'none';

function act(parts: BackgroundParts, random: Random): void {
  const { world, hub, events, execs, logs } = parts;
  const chance = random.next();
  const container = pick(parts, random, chance < 0.75 ? checked : running);
  if (container !== undefined) {
    const status = random.pick([200, 200, 200, 304, 404, 500]);
    logs.write(container, `${random.pick(requests)} ${status} ${random.integer(1, 900)}ms`, 'stdout');
    if (chance < 0.75) return execs.probe(container, 0);
    if (chance < 0.85) return execs.exec(container, random.pick(['sh', 'ls -la /', 'env']), 0);
    if (chance < 0.9) return events.container(container, 'top');
  }
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
    act(parts, random);
    const published = Math.max(1, parts.hub.published() - before);
    parts.agenda.after((1000 * published) / eventsPerSecond, step);
  };
  parts.agenda.after(1000 / eventsPerSecond, step);
}
