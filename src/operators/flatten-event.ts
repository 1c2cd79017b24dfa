import { map, type OperatorFunction } from 'rxjs';
import { defineOperator } from '../core/define-operator.ts';
import type { ContainerExit, DockerEvent } from '../records/docker-event.ts';
import type { Gap } from '../records/gap.ts';

/** An engine event as one flat object: see {@link flattenEvent}. */
export interface FlatEvent {
  /** When it happened: RFC 3339, UTC, nine digits of fraction. */
  readonly '@timestamp': string;
  /** The action, container and image events. */
  readonly event_status?: string;
  /** The actor's id, container and image events. */
  readonly event_id?: string;
  /** The image, container events. */
  readonly event_from?: string;
  readonly event_Type: string;
  readonly event_Action: string;
  readonly event_Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly event_scope: string;
  /** Nanoseconds since the epoch, decimal digits. */
  readonly event_timeNano: string;
  readonly host: string;
  readonly simulated?: true;
  /** The engine did not say it: it must have happened. */
  readonly synthetic?: true;
  /** How a container's run ended, `die` of containers. */
  readonly event_exit_code?: number;
  readonly event_exit_oomKilled?: boolean;
  readonly event_exit_verified?: boolean;
  /** The container's name, id and image, container events: the keys of stats and log records. */
  readonly container?: string;
  readonly container_id?: string;
  readonly image?: string;
}

/** A gap as one flat object. */
export interface FlatGap {
  /** When it was noticed. */
  readonly '@timestamp': string;
  readonly type: 'gap';
  readonly gap_fromTime: string;
  readonly gap_toTime: string;
  readonly gap_reason: string;
  readonly gap_atLeast: number;
  readonly host: string;
  readonly simulated?: true;
  /** Where only of one container records are missing. */
  readonly container?: string;
  readonly container_id?: string;
}

/**
 * Makes engine events flat: what the engine's API calls `x` is `event_x`.
 *
 * These are the field names of this project's ancestor, mesoscloud/events. `status`, `id` and `from` are there whatever the engine: newer ones
 * dropped them from the wire.
 *
 * Emits one {@link FlatEvent} an event and one {@link FlatGap} a gap, at once, in order. Loses nothing but the
 * whole-second `time`, which the timestamp holds.
 *
 * @example pipeline('events', dockerEvents(), flattenEvent(), ndjsonFile({ path: 'data/events.ndjson' }))
 */
export function flattenEvent(): OperatorFunction<DockerEvent | Gap, FlatEvent | FlatGap> {
  return defineOperator(function flattenEvent(events) {
    return events.pipe(map((record) => (record.kind === 'gap' ? flatGap(record) : flatEvent(record))));
  });
}

export const flatGap = ({ host, simulated, container, ...gap }: Gap): FlatGap => ({
  '@timestamp': gap.time,
  type: 'gap',
  gap_fromTime: gap.fromTime,
  gap_toTime: gap.toTime,
  gap_reason: gap.reason,
  gap_atLeast: gap.atLeast,
  host,
  ...(simulated === true && { simulated }),
  ...(container !== undefined && { container: container.name, container_id: container.id }),
});

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Three literals, each of one shape: this runs for every event at full rate. */
export function flatEvent(event: DockerEvent): FlatEvent {
  const { type } = event;
  // A prune is of no container.
  const record =
    type === 'container' && event.id !== ''
      ? ofContainer(event)
      : type === 'container' || type === 'image'
        ? withStatus(event)
        : plain(event);
  if (event.simulated === true) record.simulated = true;
  if (event.synthetic === true) record.synthetic = true;
  return event.exit === undefined ? record : withExit(record, event.exit);
}

function withExit(record: FlatEvent, { code, oomKilled, verified }: ContainerExit): FlatEvent {
  return {
    ...record,
    ...(code !== undefined && { event_exit_code: code }),
    ...(oomKilled !== undefined && { event_exit_oomKilled: oomKilled }),
    event_exit_verified: verified,
  };
}

function ofContainer(event: DockerEvent): Writable<FlatEvent> {
  const { action, id, attributes } = event;
  const image = attributes['image'] ?? '';
  return {
    '@timestamp': event.time,
    event_status: action,
    event_id: id,
    event_from: image,
    event_Type: event.type,
    event_Action: action,
    event_Actor: { ID: id, Attributes: attributes },
    event_scope: event.scope,
    event_timeNano: event.timeNano,
    host: event.host,
    container: attributes['name'] ?? '',
    container_id: id,
    image,
  };
}

function withStatus(event: DockerEvent): Writable<FlatEvent> {
  const { action, id } = event;
  return {
    '@timestamp': event.time,
    event_status: action,
    event_id: id,
    event_Type: event.type,
    event_Action: action,
    event_Actor: { ID: id, Attributes: event.attributes },
    event_scope: event.scope,
    event_timeNano: event.timeNano,
    host: event.host,
  };
}

function plain(event: DockerEvent): Writable<FlatEvent> {
  return {
    '@timestamp': event.time,
    event_Type: event.type,
    event_Action: event.action,
    event_Actor: { ID: event.id, Attributes: event.attributes },
    event_scope: event.scope,
    event_timeNano: event.timeNano,
    host: event.host,
  };
}
