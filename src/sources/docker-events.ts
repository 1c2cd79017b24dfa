import { checkOptions, flag, positive, texts } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Source } from '../core/types.ts';
import { dockerEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import type { Gap } from '../records/gap.ts';
import { DEFAULT_LABELS } from '../records/labels.ts';
import { eventsPlace } from './docker-events/place.ts';
import { readEvents } from './docker-events/read-events.ts';
import type { EventsSettings } from './docker-events/settings.ts';
import { engineSession } from './shared/engine-session.ts';

/** Options of {@link dockerEvents}. */
export interface DockerEventsOptions {
  /** Default: the engine the docker CLI would use. */
  readonly engine?: Engine;
  /**
   * Handed to the engine, which sends nothing else: `{ type: ['container'], event: ['start', 'die'] }`, in the names
   * Docker has; Podman's are added where it has others.
   */
  readonly filters?: Readonly<Record<string, readonly string[]>>;
  /** Globs of the labels kept in `attributes`. Default: compose, swarm and Kubernetes names; `['*']` keeps all. */
  readonly labels?: readonly string[];
  /** Command lines of exec_create and exec_start often hold secrets. Default `redact`: only the verb stays. */
  readonly execCommands?: 'redact' | 'keep';
  /** Longer lines are rejected. Default 4 MiB: an event repeats all labels of its container. */
  readonly maxLineBytes?: number;
  /**
   * Whether to compare the containers with what was known, at the beginning and after whatever cannot be proven to be
   * complete, and to tell what must have happened as records marked `synthetic`. Default true.
   */
  readonly reconcile?: boolean;
  /** Whether to ask the engine how a container ended, for each `die`: see `exit`. Default true. */
  readonly verifyExit?: boolean;
  /**
   * How often what the engine keeps is compared with what came, in ms: as often as the rate of events asks for, within
   * these limits. Default 1,000 and 30,000. False: never, and a dead stream may stay unnoticed.
   */
  readonly audit?: false | { readonly minMs?: number; readonly maxMs?: number };
}

/**
 * Docker Engine events (container, image, volume, network …), in the order the engine sends them.
 *
 * Emits {@link DockerEvent} from the second in which it is first subscribed to, by the engine's clock; subscribed to
 * again, also in a later run from its cursor, it goes on behind the last event seen, by the engine's replay. It begins
 * with a synthetic `create`, `start` (and `pause`) for each container that runs. Never completes by itself.
 * One place in the events means one reader at a time: make one source for each pipeline.
 * Errors: `SOURCE_UNAVAILABLE` when the engine is away, ends the stream, or keeps events that its stream did not bring;
 * `SOURCE_REFUSED` when it never will answer.
 * Bounds: one line of `maxLineBytes`, the last 2,048 lines, long ones as digests, 2,048 containers; 32 MiB of lines held
 * while containers are listed; 1,024 events behind a `die` that is asked about, for two seconds.
 * Loss: an engine keeps its last 256 events. Wherever it cannot be proven that none is missing a {@link Gap} tells so, and
 * what must have happened to the containers follows it, `synthetic`. A container that came and went meanwhile is not told.
 * Not noticed: what the engine skipped without a sign and no longer keeps at the next audit, as above some hundred events a
 * second; noticed late: what it skipped and dates later than its clock, which was set back.
 * Truth: Docker Engine API `GET /events`, `/containers/json`, `/containers/{id}/json`; moby daemon/events.
 *
 * @example dockerEvents({ filters: { type: ['container'], event: ['die', 'oom'] } })
 */
export function dockerEvents(options: DockerEventsOptions = {}): Source<DockerEvent | Gap> {
  checkOptions('dockerEvents', options, {
    engine: 'any',
    filters: (value) =>
      (typeof value === 'object' && value !== null && Object.values(value).every(isTexts)) ||
      'lists of texts by filter name',
    labels: texts,
    execCommands: (value) => value === 'redact' || value === 'keep' || "'redact' or 'keep'",
    maxLineBytes: positive,
    reconcile: flag,
    verifyExit: flag,
    audit: isAudit,
  });
  const { engine = dockerEngine() } = options;
  const settings = settingsOf(options);
  const place = eventsPlace();
  const oneReader = readerLimit('dockerEvents');
  return defineSource({
    name: 'dockerEvents',
    cursor: place.cursor,
    countsReceived: true,
    receivesAll: settings.filters === undefined,
    open: (tell, _gate, counts) =>
      oneReader(
        engineSession(engine, tell, (connection, signal) =>
          readEvents(connection, signal, settings, place, { tell, counts }),
        ),
      ),
  });
}

const settingsOf = ({
  filters,
  labels = DEFAULT_LABELS,
  execCommands = 'redact',
  maxLineBytes = 4 * 1024 * 1024,
  reconcile = true,
  verifyExit = true,
  audit = {},
}: DockerEventsOptions): EventsSettings => ({
  filters: filters && Object.keys(filters).length > 0 ? filters : undefined,
  labels,
  execCommands,
  maxLineBytes,
  reconcile,
  verifyExit,
  audit: audit && { minMs: AUDIT_MIN_MS, maxMs: AUDIT_MAX_MS, ...audit },
});

const AUDIT_MIN_MS = 1_000;
const AUDIT_MAX_MS = 30_000;

const isTexts = (value: unknown): boolean => texts(value) === true;

function isAudit(value: unknown): true | string {
  const { minMs = AUDIT_MIN_MS, maxMs = AUDIT_MAX_MS, ...others } = Object(value) as Record<string, unknown>;
  const isRight =
    value === false ||
    (typeof value === 'object' &&
      value !== null &&
      Object.keys(others).length === 0 &&
      positive(minMs) === true &&
      positive(maxMs) === true &&
      (minMs as number) <= (maxMs as number));
  return isRight || 'false or { minMs, maxMs }, numbers above 0, minMs not above maxMs';
}
