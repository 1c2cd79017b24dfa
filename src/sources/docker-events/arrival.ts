import type { Tell } from '../../core/define-source.ts';
import { messageOf, PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { containerAttributes } from '../../records/parse-docker-event.ts';
import { within } from '../shared/within.ts';
import { continuityOf, RING_LINES } from './continuity.ts';
import type { Continuity } from './continuity.ts';
import type { HeldLines } from './held-lines.ts';
import { knownContainers } from './known-containers.ts';
import type { KnownContainers } from './known-containers.ts';
import { gapOf, getToKnow, mayComeByItself, missedOfAll, presentOfAll, spanOf, untoldOf } from './missed.ts';
import { getHistory } from './history.ts';
import { PAST_MS, pastEvents } from './past-events.ts';
import type { Place } from './place.ts';
import { presentContainers } from './present-containers.ts';
import type { Step } from './reconcile.ts';
import { selectionOf } from './selection.ts';
import type { EventsSettings } from './settings.ts';

/** A connection on which the stream has just been opened. */
export interface Arrival {
  readonly connection: EngineConnection;
  readonly signal: AbortSignal;
  /** Aborted as well when no more lines can be held or the stream has ended: then it is told what is known by then. */
  readonly patience: AbortSignal;
  readonly settings: EventsSettings;
  readonly place: Place;
  readonly held: HeldLines;
  /** The event of a line that will be emitted; nothing of others. */
  readonly eventOf: (line: string) => DockerEvent | undefined;
  readonly tell: Tell;
}

/** An engine sends its replay at once. */
const FIRST_LINE_MS = 50;
/** Between two lines of its replay an engine takes no longer. */
const QUIET_MS = 100;
/** An event may be on its way for so long after what it tells of can be seen. */
export const GRACE_MS = 1_000;

/**
 * Finds out what is missing between the place and what the stream brings, and puts what can be told of it into the
 * place: a gap, and what must have happened to the containers. Resolves with the error to end with once that and what
 * is held have been told. Rejects with a `PipelineError` when not even the held lines can be told: they come again, or
 * lie in the gap of the next arrival.
 */
export async function arrive(arrival: Arrival): Promise<unknown> {
  const { place, held, settings, connection, tell } = arrival;
  const isFirst = !place.hasBegun;
  // From now on whatever is missing has to be told, even when the rest of this fails.
  place.hasBegun = true;
  if (!place.hasHistory) await getHistory(arrival);
  const continuity = isFirst ? 'begun' : await continuityOn(arrival);
  place.isDoubted = false;
  if (continuity === 'continuous' && (place.hasLooked || !settings.reconcile)) return undefined;
  const [oldest] = held.all;
  const knewAll = place.hasLooked;
  const { steps, error } = settings.reconcile ? await stepsSince(arrival) : NO_STEPS;
  const noticing = { ...connection, nano: `${connection.clockMs}000000` };
  const { action } = selectionOf(settings.filters, connection.flavour);
  const untold = untoldOf(steps, noticing, action);
  if (continuity === 'overrun' || continuity === 'restarted') {
    // The engine's clock tells whole seconds: to the end of this one.
    const nowNano = `${connection.clockMs + 1_000}000000`;
    const gap = gapOf(continuity, noticing, {
      ...spanOf(provenOf(arrival), newEvents(arrival)[0]?.timeNano ?? nowNano, place.lastNano),
      // What happened while the engine was away it never told, nor what was before the first look: none of that is missing.
      atLeast: continuity === 'overrun' && knewAll ? untold.filter(({ isTold }) => isTold).length : 0,
    });
    tell({
      type: 'notice',
      message: `events are missing (${gap.reason}): between ${gap.fromTime} and ${gap.toTime}`,
    });
    place.untold.push({ record: gap, isTold: true });
  }
  place.untold.push(...untold);
  if (oldest !== undefined) place.ring.mark(oldest);
  return error;
}

async function continuityOn(arrival: Arrival): Promise<Continuity> {
  const { connection, place, held, settings, patience } = arrival;
  const isKnown = place.knows();
  if (connection.flavour === 'podman') return continuityOfHistory(arrival, isKnown);
  await held.until((lines) => lines.length > 0, FIRST_LINE_MS, patience);
  const isFiltered = settings.filters !== undefined;
  const [first] = held.all;
  const ring = first !== undefined && isKnown(first) ? [] : await ringOf(arrival);
  if (!isFiltered && first === undefined) {
    await held.until((lines) => lines.length > 0, GRACE_MS, patience);
    // An engine that keeps nothing has begun anew; a stream that has ended before its first line says nothing.
    if (held.all.length === 0 && (ring.length > 0 || patience.aborted))
      throw new PipelineError(
        'SOURCE_UNAVAILABLE',
        `the event stream of the engine at ${connection.address} does not bring what the engine keeps`,
      );
  }
  const replay = { streamed: held.all, ring, isFiltered, isKnown };
  const continuity = continuityOf(replay);
  if (continuity !== 'restarted') return continuity;
  if (!isFiltered) {
    await wholeReplay(arrival);
    return continuityOf({ ...replay, streamed: held.all });
  }
  // The newest second may be what fills the ring: to see it one has to wait for its end.
  return continuityOf({ ...replay, ring: await ringOf(arrival, 1_000) });
}

/** Resolves once the stream has brought as much as an engine keeps, or nothing more for a moment. */
async function wholeReplay({ held, patience }: Arrival): Promise<void> {
  for (let had = -1; held.all.length > had && held.all.length < RING_LINES && !patience.aborted;) {
    had = held.all.length;
    const seen = had;
    await held.until((lines) => lines.length > seen, QUIET_MS, patience);
  }
}

/** Podman's history is a file, so what has been seen last is replayed, or the file is another. */
async function continuityOfHistory(
  { place, held, patience }: Arrival,
  isKnown: (line: string) => boolean,
): Promise<Continuity> {
  if (place.lastNano === undefined) return 'continuous';
  await held.until((lines) => lines.some(isKnown), GRACE_MS, patience);
  return held.all.some(isKnown) ? 'continuous' : 'overrun';
}

/**
 * Asked for once the stream is open: what it shows cannot have passed the stream. An unfiltered one shows by itself what
 * the engine keeps, as soon as it has brought anything.
 */
async function ringOf(
  { connection, settings, signal, patience, held }: Arrival,
  aheadMs = 0,
): Promise<readonly string[]> {
  try {
    const untilMs = (await connection.clock(patience)) + aheadMs;
    const { maxLineBytes } = settings;
    return await within(PAST_MS, patience, (limited) =>
      pastEvents(connection, { sinceMs: 0, untilMs, filters: undefined, maxLineBytes }, limited),
    );
  } catch (error) {
    if (settings.filters === undefined && held.all.length > 0 && !signal.aborted) return [];
    throw error;
  }
}

interface Steps {
  readonly steps: readonly (readonly Step[])[];
  readonly error?: unknown;
}

const NO_STEPS: Steps = { steps: [] };

async function stepsSince(arrival: Arrival): Promise<Steps> {
  const { connection, place, settings, signal, patience, tell } = arrival;
  const selection = selectionOf(settings.filters, connection.flavour);
  const isFirst = !place.hasLooked;
  try {
    const present = await presentContainers(connection, patience, {
      selects: selection.container,
      inspects: ({ phase }) => !isFirst || phase !== 'down',
      keepLabel: containerAttributes(settings.labels),
    });
    // In whole seconds: to its end.
    const seenNano = `${(await connection.clock(patience)) + 1_000}000000`;
    const containers = projected(place);
    const look = (): readonly (readonly Step[])[] => {
      const sight = { present, next: newEvents(arrival), containers };
      return isFirst ? presentOfAll(sight, sinceOf(place)) : missedOfAll(sight, sinceOf(place));
    };
    if (!isFirst && mayComeByItself(look(), `${connection.clockMs}000000`))
      await arrival.held.until(() => false, GRACE_MS, patience);
    const steps = look();
    getToKnow({ present, next: newEvents(arrival), containers: place.containers }, steps, seenNano);
    place.hasLooked = true;
    return { steps };
  } catch (error) {
    if (signal.aborted) throw error;
    // The next arrival makes up for it.
    place.hasLooked = false;
    const isRefused = (error as Partial<PipelineError>).code === 'SOURCE_REFUSED';
    if (!patience.aborted && !isRefused) return { ...NO_STEPS, error };
    const why = patience.aborted ? 'the engine did not say in time' : messageOf(error);
    tell({ type: 'notice', message: `what happened to the containers before is not known: ${why}` });
    return NO_STEPS;
  }
}

/** The containers as they will be known when all has been told. */
function projected({ containers, untold }: Place): KnownContainers {
  const all = knownContainers();
  for (const [id, container] of containers.entries()) all.set(id, container);
  for (const { record } of untold) if (record.kind === 'docker-event') all.apply(record);
  return all;
}

/** What the stream has brought and will be emitted next. */
function newEvents({ place, held, eventOf }: Arrival): readonly DockerEvent[] {
  const isSeen = place.lines.knows();
  return held.all.filter((line) => !isSeen(line)).flatMap((line) => eventOf(line) ?? []);
}

/** Only an audit proves: what came since may have holes. Without audits it has to be believed. */
const provenOf = ({ place, settings }: Arrival): string =>
  settings.audit === false ? sinceOf(place) : (place.ring.provenNano ?? place.fromNano ?? '0');

const sinceOf = ({ lastNano, fromNano }: Place): string => lastNano ?? fromNano ?? '0';
