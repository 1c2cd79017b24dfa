import { Observable } from 'rxjs';
import { checkOptions, positive, texts } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import type { Tell } from '../core/define-source.ts';
import { PipelineError } from '../core/errors.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Source, SourceCounts } from '../core/types.ts';
import { dockerEngine } from '../engine/engine.ts';
import type { Engine, EngineConnection } from '../engine/engine.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import { DEFAULT_LABELS } from '../records/labels.ts';
import { dockerEventParser } from '../records/parse-docker-event.ts';
import { answerLines, engineSession } from './shared/engine-session.ts';
import { eventFilters } from './shared/event-filters.ts';
import { lineMemory } from './shared/replay.ts';
import type { LineMemory } from './shared/replay.ts';

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
}

/** Four times the engine's ring of 256. */
const LINES_REMEMBERED = 1024;
/** Podman replays its history from a file: as far as this before the last event seen. */
const PODMAN_OVERLAP_S = 10;

/**
 * Docker Engine events (container, image, volume, network …), in the order the engine sends them.
 *
 * Emits {@link DockerEvent} from the second in which it is first subscribed to, by the engine's clock; subscribed to
 * again it goes on behind the last event seen, by the engine's replay. Never completes by itself.
 * One place in the events means one reader at a time: make one source for each pipeline.
 * Errors: `SOURCE_UNAVAILABLE` when the engine is away or ends the stream, `SOURCE_REFUSED` when it never will answer.
 * Bounds: one line of `maxLineBytes` and the last 1,024 lines, long ones as digests.
 * Loss: an engine keeps its last 256 events; what a longer absence misses beyond them is lost.
 * Truth: Docker Engine API `GET /events`; moby daemon/events.
 *
 * @example dockerEvents({ filters: { type: ['container'], event: ['die', 'oom'] } })
 */
export function dockerEvents(options: DockerEventsOptions = {}): Source<DockerEvent> {
  checkOptions('dockerEvents', options, {
    engine: 'any',
    filters: (value) =>
      (typeof value === 'object' && value !== null && Object.values(value).every(isTexts)) ||
      'lists of texts by filter name',
    labels: texts,
    execCommands: (value) => value === 'redact' || value === 'keep' || "'redact' or 'keep'",
    maxLineBytes: positive,
  });
  const { engine = dockerEngine() } = options;
  const memory = lineMemory(LINES_REMEMBERED);
  const oneReader = readerLimit('dockerEvents');
  // Outside the subscription on purpose: subscribing again reads on from here.
  const cursor: Cursor = { fromNano: undefined, lastNano: undefined };
  return defineSource({
    name: 'dockerEvents',
    countsReceived: true,
    receivesAll: Object.keys(options.filters ?? {}).length === 0,
    open: (tell, _gate, counts) =>
      oneReader(
        engineSession(engine, tell, (connection, signal) =>
          read(connection, signal, options, cursor, memory, { tell, counts }),
        ),
      ),
  });
}

interface Cursor {
  /** Where the source began; what a replay has from before is not ours. */
  fromNano: string | undefined;
  lastNano: string | undefined;
}

function read(
  connection: EngineConnection,
  signal: AbortSignal,
  options: DockerEventsOptions,
  cursor: Cursor,
  memory: LineMemory,
  { tell, counts }: { readonly tell: Tell; readonly counts: SourceCounts },
): Observable<DockerEvent> {
  const {
    filters,
    labels = DEFAULT_LABELS,
    execCommands = 'redact',
    maxLineBytes = 4 * 1024 * 1024,
  } = options;
  const { host, simulated, address, flavour } = connection;
  const parse = dockerEventParser({ host, simulated, labels, execCommands });
  const since = sinceOf(connection, cursor);
  const isNew = memory.replayed();
  const from = (cursor.fromNano ??= `${Math.floor(connection.clockMs / 1000)}000000000`);
  return new Observable((out) => {
    const onLine = (line: string): void => {
      if (!isNew(line)) {
        counts.deduplicated += 1;
        return;
      }
      memory.remember(line);
      let event: DockerEvent;
      try {
        event = parse(line);
      } catch (error) {
        const reason = error instanceof SyntaxError ? 'invalid-json' : 'not-an-event';
        return tell({ type: 'rejected', reason, count: 1 });
      }
      if (isEarlier(event.timeNano, from)) {
        counts.filtered += 1;
        return;
      }
      cursor.lastNano = event.timeNano;
      out.next(event);
    };
    const answer = connection.events({ since, filters: filters && eventFilters(filters, flavour) }, signal);
    return answerLines(answer, address, { maxBytes: maxLineBytes, tell, counts }).subscribe({
      next: onLine,
      error: (error: unknown) => out.error(error),
      complete: () =>
        out.error(new PipelineError('SOURCE_UNAVAILABLE', `the engine at ${address} ended the events`)),
    });
  });
}

/** The whole ring on every connect but the first: its order is not the order of time, so no later start is safe. */
function sinceOf({ flavour, clockMs }: EngineConnection, { fromNano, lastNano }: Cursor): string {
  if (fromNano === undefined) return String(Math.floor(clockMs / 1000));
  if (flavour === 'docker') return '0';
  return String(Number((lastNano ?? fromNano).slice(0, -9)) - PODMAN_OVERLAP_S);
}

/** Of two numbers in digits without leading zeros. */
const isEarlier = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length);

const isTexts = (value: unknown): boolean => texts(value) === true;
