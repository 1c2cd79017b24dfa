import { flag, sendError, sendJson, type Call } from './answers.ts';
import type { Clock } from './clock.ts';
import type { Collector } from './collector.ts';
import { listFilter, parseFilters, unknownListFilter } from './filters.ts';
import { goJson } from './go-json.ts';
import type { Hub } from './hub.ts';
import { infoBody, versionBody } from './info.ts';
import { inspectBody } from './inspect.ts';
import { listEntry } from './list.ts';
import type { Logs } from './logs.ts';
import type { EngineProfile } from './profile.ts';
import { serveEvents } from './routes-events.ts';
import { serveLogs } from './routes-logs.ts';
import { serveStats } from './routes-stats.ts';
import type { World } from './world.ts';

/** What the answers are made from. */
export interface RouteParts {
  readonly world: World;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly collector: Collector;
  readonly logs: Logs;
  readonly profile: EngineProfile;
}

function servePing({ request, response }: Call): void {
  response.writeHead(200, {
    'Builder-Version': '2',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    'Content-Length': 2,
    'Content-Type': 'text/plain; charset=utf-8',
    Pragma: 'no-cache',
    Swarm: 'inactive',
  });
  response.end(request.method === 'HEAD' ? undefined : 'OK');
}

function serveList({ query, response }: Call, { world, clock, profile }: RouteParts): void {
  const filters = parseFilters(query.get('filters'));
  if (filters === undefined) return sendError(response, 400, 'invalid filter');
  const unknown = unknownListFilter(filters);
  if (unknown !== undefined) return sendError(response, 400, `invalid filter '${unknown}'`);
  const limit = Number(query.get('limit') ?? 0);
  const everything =
    flag(query, 'all', false) ||
    limit > 0 ||
    ['status', 'exited', 'health'].some((name) => filters.has(name));
  const wanted = listFilter(filters);
  const newestFirst = [...world.containers.values()].reverse();
  const found = newestFirst.filter(
    (container) =>
      wanted(container) && (everything || ['running', 'paused', 'restarting'].includes(container.state)),
  );
  const nano = clock.now();
  const sized = flag(query, 'size', false);
  const shown = limit > 0 ? found.slice(0, limit) : found;
  sendJson(response, 200, goJson(shown.map((container) => listEntry(container, nano, sized, profile))));
}

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

function serveContainer(call: Call, reference: string, what: string, parts: RouteParts): void {
  const { world, collector, logs, profile } = parts;
  const lookup = world.find(reference);
  if (lookup.kind !== 'found') {
    return lookup.kind === 'missing'
      ? sendError(call.response, 404, `No such container: ${reference}`)
      : sendError(call.response, 400, `multiple IDs found with provided prefix: ${reference}`);
  }
  const { container } = lookup;
  if (what === 'stats') return serveStats(call, container, collector, profile);
  if (what === 'logs') return serveLogs(call, container, logs);
  sendJson(call.response, 200, goJson(inspectBody(container, profile, flag(call.query, 'size', false))));
}

/** Answers a call whose version prefix is off and right. What is not known is 404, as on the engine. */
export function answer(call: Call, parts: RouteParts): void {
  const { path, request, response } = call;
  const { world, hub, clock, profile } = parts;
  if (path === '/_ping' && (request.method === 'GET' || request.method === 'HEAD')) return servePing(call);
  if (request.method !== 'GET') return sendError(response, 404, 'page not found');
  switch (path) {
    case '/version':
      return sendJson(response, 200, goJson(versionBody(profile)));
    case '/info':
      return sendJson(
        response,
        200,
        goJson(infoBody(world, profile, { nano: clock.now(), eventListeners: hub.listeners.size })),
      );
    case '/events':
      return serveEvents(call, hub, clock, profile);
    case '/containers/json':
      return serveList(call, parts);
  }
  const match = /^\/containers\/([^/]+)\/(json|stats|logs)$/.exec(path);
  if (match === null) return sendError(response, 404, 'page not found');
  serveContainer(call, decoded(match[1]!), match[2]!, parts);
}
