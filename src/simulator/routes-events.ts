import { sendError, type Call } from './answers.ts';
import { frameLine, openChannel } from './channel.ts';
import type { Clock } from './clock.ts';
import { eventFilter, parseFilters } from './filters.ts';
import type { Hub, Listener } from './hub.ts';
import { hasLegacyFields, type EngineProfile } from './profile.ts';
import { parseQueryTime, type QueryTime } from './time-query.ts';

/** The engine gives each listener this many slots; who is behind further loses events. */
const listenerSlots = 1024;

const longestTimerMs = 2 ** 31 - 1;

const nanoOf = (time: QueryTime): bigint | undefined => (time.kind === 'nano' ? time.nano : undefined);

/** 29.0 and 29.1 answer x-ndjson whatever is asked for, 29.2 jsonl; 29.3 goes by the API version in the path. */
function contentType({ apiMinor: engine }: EngineProfile, asked: number): string {
  if (engine < 52 || (engine >= 54 && asked < 52)) return 'application/json';
  return engine === 52 ? 'application/x-ndjson' : 'application/jsonl';
}

/** `GET /events`. */
export function serveEvents(call: Call, hub: Hub, clock: Clock, profile: EngineProfile): void {
  const { response, query, apiMinor } = call;
  const [since, until] = [parseQueryTime(query.get('since')), parseQueryTime(query.get('until'))];
  for (const time of [since, until]) {
    if (time.kind === 'bad') return sendError(response, profile.badTimeStatus, time.message);
  }
  const [from, to] = [nanoOf(since), nanoOf(until)];
  if (to !== undefined && to < (from ?? 0n)) {
    const [a, b] = [query.get('since') ?? '', query.get('until') ?? ''];
    return sendError(response, 400, `\`since\` time (${a}) cannot be after \`until\` time (${b})`);
  }
  const filters = parseFilters(query.get('filters'));
  if (filters === undefined) return sendError(response, 400, 'invalid filter');

  response.setHeader('Content-Type', contentType(profile, apiMinor));
  const legacy = hasLegacyFields(apiMinor);
  const wants = eventFilter(filters);
  const listener: Listener = { channel: openChannel(response, listenerSlots), legacy, wants };
  for (const published of hub.replay(from, to)) {
    if (wants?.(published.event) !== false) listener.channel.offer(frameLine(published.line(legacy)));
  }
  const leftMs = to === undefined ? undefined : Number((to - clock.now()) / 1_000_000n);
  if (leftMs !== undefined && leftMs <= 0) return listener.channel.end();
  hub.subscribe(listener);
  const timer =
    leftMs === undefined
      ? undefined
      : setTimeout(() => listener.channel.end(), Math.min(leftMs, longestTimerMs));
  response.once('close', () => {
    clearTimeout(timer);
    hub.unsubscribe(listener);
  });
}
