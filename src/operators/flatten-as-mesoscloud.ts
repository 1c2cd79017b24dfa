import { map, type OperatorFunction } from 'rxjs';
import { defineOperator } from '../core/define-operator.ts';
import type { ContainerStats } from '../records/container-stats.ts';
import type { DerivedStats } from '../records/derived-stats.ts';
import type { DockerEvent } from '../records/docker-event.ts';
import type { Gap } from '../records/gap.ts';
import type { LogLine } from '../records/log-line.ts';
import { jsonText } from '../records/text.ts';
import { flatEvent, flatGap, type FlatEvent, type FlatGap } from './flatten-event.ts';
import { flatLog, type FlatLog } from './flatten-log.ts';
import { flatStats, type FlatStats } from './flatten-stats.ts';

/**
 * Makes events, readings and lines of logs flat as mesoscloud/events 0.2 wrote them, value by value, for what reads its
 * files. Where that differs from `flattenEvent`, `flattenStats` and `flattenLog`:
 * `container` has a leading slash, `log` ends with its newline where the line did, the `@timestamp` of an event is in whole
 * seconds (`event_timeNano` has the rest), and `event_timeNano` is a number in the record's JSON text, all digits of it.
 *
 * What newer engines and dockrx add stands beside: nothing is renamed, and gaps are as `flattenEvent` makes them.
 * Emits one flat record for each, at once, in order.
 *
 * @example
 * pipeline('events', from(dockerEvents(), dockerStats(), dockerLogs()), flattenAsMesoscloud(), ndjsonFile({ path: 'containers.log' }))
 */
export function flattenAsMesoscloud(): OperatorFunction<
  DockerEvent | Gap | ContainerStats | DerivedStats | LogLine,
  FlatEvent | FlatGap | FlatStats | FlatLog
> {
  return defineOperator(function flattenAsMesoscloud(records) {
    return records.pipe(map(asMesoscloud));
  });
}

function asMesoscloud(
  record: DockerEvent | Gap | ContainerStats | DerivedStats | LogLine,
): FlatEvent | FlatGap | FlatStats | FlatLog {
  switch (record.kind) {
    case 'gap':
      return flatGap(slashed(record));
    case 'docker-event':
      return eventAsMesoscloud(flatEvent(record));
    case 'container-stats':
      return flatStats(slashed(record));
    case 'log-line':
      return flatLog(slashed(record.unfinished === true ? record : { ...record, text: `${record.text}\n` }));
  }
}

/** With the engine's own name of the container. */
function slashed<T extends { readonly container?: { readonly name: string } }>(record: T): T {
  const { container } = record;
  return container === undefined
    ? record
    : { ...record, container: { ...container, name: `/${container.name}` } };
}

function eventAsMesoscloud(flat: FlatEvent): FlatEvent {
  const record: FlatEvent = {
    ...flat,
    '@timestamp': `${flat['@timestamp'].slice(0, SECONDS)}Z`,
    ...(flat.container !== undefined && { container: `/${flat.container}` }),
  };
  return Object.defineProperty(record, jsonText, { value: eventText });
}

const SECONDS = '2026-11-22T01:02:03'.length;

/**
 * A number of more digits than JavaScript's have. The last `event_timeNano` is the event's own: behind it there is no
 * object that could have one, and in a text its quotes would be escaped.
 */
function eventText(this: FlatEvent): string {
  const text = JSON.stringify(this);
  const key = '"event_timeNano":';
  const at = text.lastIndexOf(key) + key.length;
  return text.slice(0, at) + text.slice(at).replace(/^"(\d+)"/, '$1');
}
