import { setMaxListeners } from 'node:events';
import { Observable } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import type { CadvisorEvent } from '../../records/cadvisor-event.ts';
import type { Gap } from '../../records/gap.ts';
import { pause } from '../shared/within.ts';
import { away, readStream } from './client.ts';
import type { Cadvisor } from './client.ts';
import { namer } from './names.ts';
import type { Keep, Names } from './names.ts';
import { outlet } from './outlet.ts';
import type { Place } from './place.ts';
import { eventReader } from './reader.ts';

export interface Following {
  readonly cadvisor: Cadvisor;
  readonly place: Place;
  readonly names: Names;
  /** Resolves when the engine has told its names, or does not soon. */
  readonly named: Promise<void>;
  readonly keep: Keep;
  readonly reconcileMs: number;
  readonly bufferBytes: number;
  readonly gate: Observable<boolean>;
  readonly tell: Tell;
  readonly counts: SourceCounts;
  /** Is handed the end of a connection that is being left. */
  readonly leaving: (closed: Promise<void>) => void;
}

const QUERY = '/api/v1.3/events/?all_events=true&subcontainers=true';
const STREAM = `${QUERY}&stream=true`;
/** Without a limit: the default is the newest ten. */
const ALL_KEPT = `${QUERY}&max_events=-1`;
const MAX_LINE_BYTES = 256 * 1024;
/** An event may be on its way for so long after the list shows it. */
const GRACE_MS = 1_000;

/**
 * Reads the events of one cAdvisor, on from the place: opens its stream, asks for all that it keeps, tells what of that
 * is news, and from then on what the stream brings. Errors when the stream ends or does not bring what cAdvisor keeps.
 */
export function follow(following: Following): Observable<CadvisorEvent | Gap> {
  const { cadvisor, place, names, keep, tell, counts, leaving, bufferBytes } = following;
  const { host } = cadvisor;
  return new Observable((out) => {
    const aborting = new AbortController();
    const { signal } = aborting;
    // Each question about a name listens to it.
    setMaxListeners(0, signal);
    const isOver = (): boolean => signal.aborted;
    const known = place.copy();
    const reader = eventReader(host, tell, counts);
    const naming = namer(cadvisor, names, keep, signal);
    const queue = outlet(following.gate, bufferBytes, {
      counts,
      emit(record) {
        place.pass(record);
        out.next(record);
      },
      dropped(record) {
        place.pass(record);
        tell({ type: 'dropped', reason: 'buffer-full', count: 1 });
      },
    });
    /** What the stream has brought before all that is kept is known. */
    let early: CadvisorEvent[] | undefined = [];
    let earlyBytes = 0;
    let isEnding = false;
    out.add(() => {
      aborting.abort();
      // What was not emitted is told again.
      const untold = queue.close() + (early?.length ?? 0);
      counts.held -= untold;
      counts.deduplicated += untold;
    });
    /** What has come is told first. */
    const end = (error: unknown): void => {
      if (isEnding) return;
      isEnding = true;
      aborting.abort();
      queue.whenEmpty(() => out.error(error));
    };

    const say = (event: CadvisorEvent): void => {
      known.note(event);
      const named = naming.of(event);
      if (named instanceof Promise) queue.put(event, named);
      else queue.put({ ...event, ...named });
    };
    /** Another cAdvisor may tell it with another time from now on. */
    const dismiss = (event: CadvisorEvent): void => {
      place.told.recognise(event);
      counts.deduplicated += 1;
    };
    const onLine = (line: string): void => {
      const event = reader.line(line);
      if (event === undefined) return;
      if (early === undefined) return known.isNews(event) ? say(event) : dismiss(event);
      early.push(event);
      counts.held += 1;
      earlyBytes += line.length;
      if (earlyBytes > bufferBytes)
        end(away(host, 'read', 'it tells of more than can be held until it says what it keeps'));
    };

    const allKept = async (): Promise<readonly CadvisorEvent[]> =>
      reader.list(await cadvisor.json(ALL_KEPT, signal));
    const sayNewsIn = (kept: readonly CadvisorEvent[], streamed: readonly CadvisorEvent[]): number => {
      const news = known.newsIn(kept, streamed);
      const isNews = new Set(news);
      for (const event of kept) if (!isNews.has(event)) dismiss(event);
      for (const event of news) say({ ...event, replayed: true });
      return news.length;
    };
    const arrive = async (): Promise<void> => {
      const [kept] = await Promise.all([allKept(), naming.learnAll(), following.named]);
      const streamed = early ?? [];
      if (isOver()) return;
      tell({ type: 'connected', to: host, simulated: false });
      place.told.meet(kept);
      if (!known.meet(kept) && place.seenAt !== undefined) sayGap(place.seenAt);
      early = undefined;
      counts.held -= streamed.length;
      sayNewsIn(kept, streamed);
      for (const event of streamed)
        if (known.recognise(event)) dismiss(event);
        else say(event);
      place.seenAt ??= new Date().toISOString();
    };
    const sayGap = (fromTime: string): void => {
      const toTime = new Date().toISOString();
      const span = { time: toTime, fromTime, toTime };
      counts.added += 1;
      queue.put({ kind: 'gap', type: 'gap', host, ...span, reason: 'cadvisor-restarted', atLeast: 0 });
      tell({
        type: 'notice',
        message: `${host} is a cAdvisor that has begun anew, as far as can be told: what ended between ${fromTime} and ${toTime} is missing`,
      });
    };
    const reconcile = async (): Promise<void> => {
      const askedAt = new Date().toISOString();
      const kept = await allKept();
      await pause(GRACE_MS, signal);
      if (isOver()) return;
      const missed = sayNewsIn(kept, []);
      if (missed > 0) throw away(host, 'read', `its stream did not bring ${missed} events that it keeps`);
      if (queue.size === 0) place.seenAt = askedAt;
    };
    const read = async (): Promise<void> => {
      const answer = await cadvisor.open(STREAM, signal);
      const bad = (reason: string): void => {
        if (reason === 'too-long') reader.tooLong();
      };
      const leave = readStream(answer, { maxBytes: MAX_LINE_BYTES, line: onLine, bad }, (error) =>
        end(away(host, 'read', `it ended its stream (${error?.message ?? 'closed'})`, error)),
      );
      const leaveNow = (): void => leaving(leave());
      signal.addEventListener('abort', leaveNow);
      if (isOver()) leaveNow();
      await arrive();
      while (!isOver()) {
        await pause(following.reconcileMs, signal);
        if (!isOver()) await reconcile();
      }
    };
    read().catch(end);
  });
}
