import { map, type OperatorFunction } from 'rxjs';
import { defineOperator } from '../core/define-operator.ts';
import type { Gap } from '../records/gap.ts';
import type { LogLine } from '../records/log-line.ts';
import { flatGap, type FlatGap } from './flatten-event.ts';

/** A line of a log as one flat object: see {@link flattenLog}. */
export interface FlatLog {
  /** When the engine read it: RFC 3339, as the engine wrote it. */
  readonly '@timestamp': string;
  /** The line, without its newline. */
  readonly log: string;
  readonly stream: 'stdout' | 'stderr';
  /** The container's name, without a leading slash. */
  readonly container: string;
  readonly container_id: string;
  readonly image: string;
  readonly image_id: string;
  readonly host: string;
  readonly simulated?: true;
  /** It ends here without a newline. */
  readonly log_unfinished?: true;
  /** So many bytes of it were left out. */
  readonly log_truncatedBytes?: number;
  /** `label_com.docker.compose.service`: the labels the source let through, under their own names. */
  readonly [label: `label_${string}`]: string;
}

/**
 * Makes lines of logs flat: `log`, `stream`, and the container as the flat readings name it.
 *
 * These are the field names of this project's ancestor, mesoscloud/events 0.2.
 *
 * Emits one {@link FlatLog} a line and one {@link FlatGap} a gap, at once, in order. Loses nothing.
 *
 * @example pipeline('logs', dockerLogs(), flattenLog(), ndjsonFile({ path: 'data/{container}.ndjson' }))
 */
export function flattenLog(): OperatorFunction<LogLine | Gap, FlatLog | FlatGap> {
  return defineOperator(function flattenLog(lines) {
    return lines.pipe(map((record) => (record.kind === 'gap' ? flatGap(record) : flatLog(record))));
  });
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function flatLog({ container, ...line }: LogLine): FlatLog {
  const fields: Writable<FlatLog> = {
    '@timestamp': line.time,
    log: line.text,
    stream: line.stream,
    container: container.name,
    container_id: container.id,
    image: container.image,
    image_id: container.imageId,
    host: line.host,
  };
  if (line.simulated === true) fields.simulated = true;
  if (line.unfinished === true) fields.log_unfinished = true;
  if (line.truncatedBytes !== undefined) fields.log_truncatedBytes = line.truncatedBytes;
  for (const label in container.labels) fields[`label_${label}`] = container.labels[label]!;
  return fields;
}
