import { map, Observable } from 'rxjs';
import { checkOptions, texts } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import type { Tell } from '../core/define-source.ts';
import type { Source, SourceCounts } from '../core/types.ts';
import { dockerEngine } from '../engine/engine.ts';
import type { Engine, EngineConnection } from '../engine/engine.ts';
import type { ContainerStats } from '../records/container-stats.ts';
import { DEFAULT_LABELS, keptLabels, labelPolicy } from '../records/labels.ts';
import { isReading, parseStatsBody } from '../records/stats-body.ts';
import { followContainers } from './docker-stats/follow-containers.ts';
import type { ContainerUp } from './docker-stats/follow-containers.ts';
import { polledReadings } from './docker-stats/polled.ts';
import { globs, selection } from './shared/selection.ts';
import type { ContainerGlobs } from './shared/selection.ts';
import { streamedReadings } from './docker-stats/streamed.ts';
import type { Reading } from './docker-stats/streamed.ts';
import { engineSession } from './shared/engine-session.ts';

/** Options of {@link dockerStats}. */
export interface DockerStatsOptions {
  /** Default: the engine the docker CLI would use. */
  readonly engine?: Engine;
  /** How often each container is read. Default 1 s, the engine's own period; Podman's is 5 s. */
  readonly everyMs?: number;
  /** Only containers that match one of these. Default: all. */
  readonly include?: ContainerGlobs;
  /** No container that matches one of these. */
  readonly exclude?: ContainerGlobs;
  /** Globs of the labels kept in records. Default: compose, swarm and Kubernetes names; `['*']` keeps all. */
  readonly labels?: readonly string[];
  /**
   * `stream` holds a stream open a container, `poll` asks each container each period. Default `auto`: polls where the
   * engine reads on request (API 1.44) and the period is 5 s or longer.
   */
  readonly mode?: 'auto' | 'stream' | 'poll';
}

/**
 * A poll costs us what three streamed readings cost, and a stream brings one a second whether due or not: from a few
 * seconds on polling is cheaper here, and it always spares the engine its serial loop over all streams.
 */
export const POLL_FROM_MS = 5_000;
const ONE_SHOT_READS_AT_ONCE = 1_044;
const MAX_LINE_BYTES = 1024 * 1024;

/**
 * Readings of the running containers, as they come and go.
 *
 * Emits {@link ContainerStats}: bytes, nanoseconds and counts since the container's start, as the engine gives them.
 * Empty answers of stopped containers are passed over. Never completes by itself.
 * Errors: `SOURCE_UNAVAILABLE` when the engine is away, `SOURCE_REFUSED` when it never will answer.
 * Bounds: one connection a container when streaming, 16 when polling; one line of 1 MiB each.
 * Loss: readings are samples of counters: while the sinks are full the newest of each container is kept.
 * Truth: Docker Engine API `GET /containers/{id}/stats`; moby daemon/stats.
 *
 * @example dockerStats({ everyMs: 10_000, include: { labels: ['com.docker.compose.project=shop'] } })
 */
export function dockerStats(options: DockerStatsOptions = {}): Source<ContainerStats> {
  checkOptions('dockerStats', options, {
    engine: 'any',
    everyMs: (value) => (typeof value === 'number' && value >= 100) || 'at least 100 ms',
    include: globs,
    exclude: globs,
    labels: texts,
    mode: (value) => ['auto', 'stream', 'poll'].includes(value as string) || "'auto', 'stream' or 'poll'",
  });
  const { engine = dockerEngine() } = options;
  return defineSource({
    name: 'dockerStats',
    countsReceived: true,
    open: (tell, _gate, counts) =>
      engineSession(engine, tell, (connection, signal) => read(connection, signal, options, tell, counts)),
    conflateBy: ({ host, container }) => `${host}/${container.id}`,
  });
}

function read(
  connection: EngineConnection,
  signal: AbortSignal,
  options: DockerStatsOptions,
  tell: Tell,
  counts: SourceCounts,
): Observable<ContainerStats> {
  const { everyMs = 1_000, labels = DEFAULT_LABELS, include, exclude } = options;
  const keep = labelPolicy(labels);
  const changes = followContainers(connection, signal, tell, selection(include, exclude)).pipe(
    map((change) => (change.type === 'up' ? withLabels(change, keep) : change)),
  );
  const readings = polls(options, connection) ? polledReadings : streamedReadings;
  const parse = readingParser(connection);
  return new Observable((out) =>
    readings(connection, signal, changes, { everyMs, maxLineBytes: MAX_LINE_BYTES, tell, counts }).subscribe({
      next: (reading) => {
        let record: ContainerStats | undefined;
        try {
          record = parse(reading);
        } catch (error) {
          const reason = error instanceof SyntaxError ? 'invalid-json' : 'not-a-reading';
          return tell({ type: 'rejected', reason, count: 1 });
        }
        if (record === undefined) counts.filtered += 1;
        else out.next(record);
      },
      error: (error: unknown) => out.error(error),
    }),
  );
}

const polls = (
  { mode = 'auto', everyMs = 1_000 }: DockerStatsOptions,
  { apiVersion }: EngineConnection,
): boolean =>
  mode === 'poll' || (mode === 'auto' && apiVersion >= ONE_SHOT_READS_AT_ONCE && everyMs >= POLL_FROM_MS);

const withLabels = ({ container }: ContainerUp, keep: (key: string) => boolean): ContainerUp => ({
  type: 'up',
  container: { ...container, labels: keptLabels(container.labels, keep) },
});

/** Makes records of readings; nothing of one that says nothing. Throws for one that is wrong. */
function readingParser({
  host,
  simulated,
  flavour,
}: EngineConnection): (reading: Reading) => ContainerStats | undefined {
  const marks = simulated ? ({ simulated: true } as const) : {};
  return ({ container, line }) => {
    const stats = parseStatsBody(JSON.parse(line));
    if (!isReading(stats)) return undefined;
    return { kind: 'container-stats', host, ...marks, engine: flavour, time: stats.read, container, stats };
  };
}
