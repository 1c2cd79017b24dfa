import { checkOptions, texts, whole } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import { readerLimit } from '../core/reader-limit.ts';
import type { Source } from '../core/types.ts';
import { dockerEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { Gap } from '../records/gap.ts';
import { DEFAULT_LABELS, keptLabels, labelPolicy } from '../records/labels.ts';
import type { LogLine } from '../records/log-line.ts';
import { followLogs } from './docker-logs/follow-logs.ts';
import type { LogsSettings } from './docker-logs/follow-logs.ts';
import { logsPlace } from './docker-logs/place.ts';
import { engineSession } from './shared/engine-session.ts';
import { globs, selection } from './shared/selection.ts';
import type { ContainerGlobs } from './shared/selection.ts';

/** Options of {@link dockerLogs}. */
export interface DockerLogsOptions {
  /** Default: the engine the docker CLI would use. */
  readonly engine?: Engine;
  /** Only containers that match one of these. Default: all. */
  readonly include?: ContainerGlobs;
  /** No container that matches one of these. */
  readonly exclude?: ContainerGlobs;
  /** Globs of the labels kept in records. Default: compose, swarm and Kubernetes names; `['*']` keeps all. */
  readonly labels?: readonly string[];
  /** Where the first start begins: with what is written from `now` on, or at the `start` of all logs there are. Default `now`. */
  readonly from?: 'now' | 'start';
  /** What of a line is beyond is left out, and told by `truncatedBytes`. Default 256 KiB. */
  readonly maxLineBytes?: number;
  /** So many lines of a container pass of each second, by their own time; the others are dropped and counted. Default: all. */
  readonly maxLinesPerSecond?: number;
}

/**
 * What containers write to stdout and stderr, line by line, as they come and go.
 *
 * Emits {@link LogLine} with the engine's own times, the lines of one container in the order of its log. Of containers
 * that are created after the first start all is read, also of those that have ended meanwhile and are still there.
 * Subscribed to again, also in a later run from its cursor, it goes on behind the last line of each container, found by
 * its time and text: nothing is lost or repeated by a restart of either side. Never completes by itself.
 * One place in the logs means one reader at a time: make one source for each pipeline.
 * Errors: `SOURCE_UNAVAILABLE` when the engine is away, `SOURCE_REFUSED` when it never will answer. A log that breaks off
 * is opened again; one that no driver keeps is told once and left out.
 * Bounds: a connection for each container that runs, 16 for others; a line of `maxLineBytes` of each stream, and 64 KiB
 * read. While the sinks are full nothing is read: the engine keeps the logs.
 * Loss: a {@link Gap} with the reason `log-cut` tells where the engine no longer has what followed the last line read, its
 * log having been rotated, or where its follower has left out lines while the log is rotated, as far as the last 2,000
 * lines every two seconds show it; one with `container-removed` where a container is gone whose log had not been read to
 * its end. Of a container that came and went while nobody read nothing is known, nor of what a driver drops.
 * Podman tells whole seconds; its follower may tear a line that is being written, and leave out lines of a log that is
 * rotated; a line without a newline runs into the next run's first, where the two were not read apart. Docker 20.10's
 * driver `local` ends no line of more than 16 KiB: they come as unfinished.
 * Truth: Docker Engine API `GET /containers/{id}/logs`; moby daemon/logger.
 *
 * @example dockerLogs({ include: { labels: ['com.docker.compose.project=shop'] }, from: 'start' })
 */
export function dockerLogs(options: DockerLogsOptions = {}): Source<LogLine | Gap> {
  checkOptions('dockerLogs', options, {
    engine: 'any',
    include: globs,
    exclude: globs,
    labels: texts,
    from: (value) => value === 'now' || value === 'start' || "'now' or 'start'",
    maxLineBytes: whole,
    maxLinesPerSecond: whole,
  });
  const { engine = dockerEngine() } = options;
  const settings = settingsOf(options);
  const place = logsPlace();
  const oneReader = readerLimit('dockerLogs');
  return defineSource({
    name: 'dockerLogs',
    cursor: place.cursor,
    countsReceived: true,
    heedsGate: true,
    open: (tell, gate, counts) =>
      oneReader(
        engineSession(engine, tell, (connection, signal) =>
          followLogs(connection, signal, settings, place, { tell, counts, gate }),
        ),
      ),
  });
}

function settingsOf({
  include,
  exclude,
  from = 'now',
  labels = DEFAULT_LABELS,
  maxLineBytes = 256 * 1024,
  maxLinesPerSecond,
}: DockerLogsOptions): LogsSettings {
  const keep = labelPolicy(labels);
  return {
    from,
    selects: selection(include, exclude),
    keepLabels: (container) => ({ ...container, labels: keptLabels(container.labels, keep) }),
    maxLineBytes,
    maxLinesPerSecond,
    unreadable: new Set(),
  };
}
