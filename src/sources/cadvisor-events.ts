import { catchError, merge, Observable, throwError } from 'rxjs';
import type { MonoTypeOperatorFunction } from 'rxjs';
import { checkOptions, positive, texts } from '../core/check-options.ts';
import type { Check } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import type { Cursor, Tell } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { readerLimit } from '../core/reader-limit.ts';
import { supervise } from '../core/supervise.ts';
import type { Json, Source } from '../core/types.ts';
import { dockerEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { CadvisorEvent } from '../records/cadvisor-event.ts';
import { isObject } from '../records/check.ts';
import type { Gap } from '../records/gap.ts';
import { DEFAULT_LABELS, labelPolicy } from '../records/labels.ts';
import { cadvisorAt } from './cadvisor-events/client.ts';
import { engineNames } from './cadvisor-events/engine-names.ts';
import { follow } from './cadvisor-events/follow.ts';
import type { Following } from './cadvisor-events/follow.ts';
import { names } from './cadvisor-events/names.ts';
import { placeOf } from './cadvisor-events/place.ts';
import type { Place } from './cadvisor-events/place.ts';

/** Options of {@link cadvisorEvents}. */
export interface CadvisorEventsOptions {
  /** One address or several: `http://127.0.0.1:8080`, the default; with a path where cAdvisor has a base prefix. */
  readonly addresses?: string | readonly string[];
  /**
   * Where names, images and labels come from. Default: the engine the docker CLI would use. False, and whatever it does
   * not know: from cAdvisor, which forgets them with the container and does not see renames.
   */
  readonly engine?: Engine | false;
  /** Globs of the labels kept in records. Default: compose, swarm and Kubernetes names; `['*']` keeps all. */
  readonly labels?: readonly string[];
  /** How often all that cAdvisor keeps is compared with what its stream brought. Default 5 minutes. */
  readonly reconcileMs?: number;
  /** So much of each cAdvisor is held while the sinks are full; then the oldest is dropped. Default 16 MiB. */
  readonly bufferBytes?: number;
  /** How long to wait for an answer to begin. Default 10 s. */
  readonly headerTimeoutMs?: number;
}

/**
 * Events of one cAdvisor or several: containers and other cgroups that come and go, and kills for want of memory.
 *
 * Emits {@link CadvisorEvent} in the order of arrival: first what cAdvisor kept from before, marked `replayed`, then what
 * happens. Subscribed to again, also in a later run from its cursor, it tells what it has not told yet. Never completes.
 * A client that does not read holds up a cAdvisor for everybody: so it is read also while the sinks are full, and when it
 * is left it is read until it has closed the connection.
 * Errors: `SOURCE_UNAVAILABLE` when cAdvisor is away, ends the stream, or keeps events that its stream did not bring;
 * `SOURCE_REFUSED` when something else answers. Of several, each that is away or refuses is tried again by itself, which
 * is told, and the others go on.
 * Bounds, for each cAdvisor: `bufferBytes`, a line of 256 KiB, a list of 96 MiB (200,000 events, as a host has that starts
 * a container a second, take a second of CPU time at each look); what is known of 8,192 cgroups and of the last 512 events
 * of each type. An event waits a second at most for its names.
 * Loss: what did not fit is dropped and counted. A cAdvisor that is restarted has forgotten which containers ended: a
 * {@link Gap} `cadvisor-restarted` stands there, also where nothing shows that it was not. cAdvisor itself misses most kills
 * of a burst (10 of 60 seen in 5 s): `dockerEvents` tells all.
 * Truth: cAdvisor `/api/v1.3/events`, `/api/v2.0/spec`, 0.33 to 0.60.
 *
 * @example cadvisorEvents({ addresses: ['http://10.0.0.5:8080', 'http://10.0.0.6:8080'], engine: false })
 */
export function cadvisorEvents(options: CadvisorEventsOptions = {}): Source<CadvisorEvent | Gap> {
  checkOptions('cadvisorEvents', options, {
    addresses: isAddresses,
    engine: 'any',
    labels: texts,
    reconcileMs: duration,
    bufferBytes: positive,
    headerTimeoutMs: duration,
  });
  const { engine = dockerEngine(), labels = DEFAULT_LABELS, headerTimeoutMs = 10_000 } = options;
  const { reconcileMs = 5 * 60_000, bufferBytes = 16 * 1024 * 1024 } = options;
  const keep = labelPolicy(labels);
  const known = names();
  const cadvisors = addressesIn(options.addresses).map((address) => {
    const cadvisor = cadvisorAt(address, headerTimeoutMs);
    return { cadvisor, place: placeOf() };
  });
  const oneReader = readerLimit('cadvisorEvents');
  const closing = new Set<Promise<void>>();
  const leaving = (closed: Promise<void>): void => {
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };
  const read = (ear: Pick<Following, 'tell' | 'gate' | 'counts'>): Observable<CadvisorEvent | Gap> =>
    new Observable((out) => {
      const named = new Promise<void>((resolve) => {
        if (engine === false) return resolve();
        const late = setTimeout(resolve, NAMED_MS);
        out.add(() => clearTimeout(late));
        out.add(engineNames(engine, known, keep, ear.tell).subscribe(() => resolve()));
      });
      const shared = { ...ear, names: known, named, keep, reconcileMs, bufferBytes, leaving };
      const all = cadvisors.map((each) => follow({ ...each, ...shared }));
      const [only, ...others] = all;
      const events = others.length === 0 ? only! : merge(...all.map((each) => each.pipe(again(ear.tell))));
      out.add(events.subscribe(out));
    });
  return defineSource({
    name: 'cadvisorEvents',
    cursor: cursorOf(new Map(cadvisors.map(({ cadvisor, place }) => [cadvisor.host, place]))),
    countsReceived: true,
    heedsGate: true,
    released: async () => {
      await Promise.all(closing);
    },
    open: (tell, gate, counts) => oneReader(read({ tell, gate, counts })),
  });
}

/** An engine that has not told its names by then is not waited for. */
const NAMED_MS = 1_000;
const DEFAULT_ADDRESS = 'http://127.0.0.1:8080';

const addressesIn = (addresses: string | readonly string[] = DEFAULT_ADDRESS): readonly string[] =>
  typeof addresses === 'string' ? [addresses] : addresses;

/** Of several each is tried again by itself: the run would end and open all of them, or stop all for a wrong one. */
const again =
  <T>(tell: Tell): MonoTypeOperatorFunction<T> =>
  (events) =>
    events.pipe(
      catchError((error: unknown) => throwError(() => (isRefusal(error) ? mayPass(error) : error))),
      supervise(undefined, (error, attempt, delayMs) => tell({ type: 'retrying', error, attempt, delayMs })),
    );

const isRefusal = (error: unknown): error is PipelineError =>
  error instanceof PipelineError && error.code === 'SOURCE_REFUSED';

const mayPass = (cause: PipelineError): PipelineError =>
  new PipelineError('SOURCE_UNAVAILABLE', cause.message, { cause });

/** The places of all, by host; one that has never been reached has none. */
const cursorOf = (places: ReadonlyMap<string, Place>): Cursor => ({
  read() {
    const kept = [...places].flatMap(([host, place]) => {
      const own = place.read();
      return own === undefined ? [] : [[host, own] as const];
    });
    return kept.length === 0 ? undefined : Object.fromEntries<Json>(kept);
  },
  restore(kept) {
    for (const [host, own] of Object.entries(isObject(kept) ? kept : {})) places.get(host)?.restore(own);
  },
});

/** A timer of Node cannot wait for longer: it would fire at once, for ever. */
const duration: Check = (value) =>
  (positive(value) === true && (value as number) < 2 ** 31) || 'milliseconds above 0 and below 2^31';

const isAddresses: Check = (value) => {
  const must = 'one http:// or https:// address or a list of such, without query, each once';
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const hosts = list.map((address) => (typeof address === 'string' ? hostIn(address) : undefined));
  return (hosts.length > 0 && !hosts.includes(undefined) && new Set(hosts).size === hosts.length) || must;
};

function hostIn(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, pathname, search, hash } = new URL(address);
  const isRight = (protocol === 'http:' || protocol === 'https:') && search === '' && hash === '';
  return isRight ? `${host}${pathname}` : undefined;
}
