import { isObject, requireObject, requireText } from './check.ts';
import type { Loose } from './check.ts';
import { containerIdOf } from './container-id.ts';
import { nanoDigitsOf, nanoFormatter } from './rfc3339.ts';

/** What a cAdvisor noticed about a cgroup: `GET /api/v1.3/events`, one object a line. */
export interface CadvisorEvent {
  readonly kind: 'cadvisor-event';
  /** Which cAdvisor said it: its address without the scheme. */
  readonly host: string;
  /**
   * `timestamp` as RFC 3339, UTC, nine digits of fraction; `receivedAt` where that one tells no time (the year 1 of a
   * cgroup that vanished at once). Creations have the time at which the container was made, at each of its starts; OOMs
   * are up to a second early, often before the creation of their own container: order by arrival.
   */
  readonly time: string;
  /** As cAdvisor wrote it, in the zone it runs in. */
  readonly timestamp: string;
  /** When it arrived here, by our clock: RFC 3339, UTC, milliseconds. */
  readonly receivedAt: string;
  /**
   * Each kill is told twice, with one timestamp: `oom` names the cgroup of the task that was killed, `oomKill` the one
   * whose limit was hit. `containerCreation` is a start and `containerDeletion` an end of a container; other cgroups
   * come and go under the same names.
   */
  readonly type: 'containerCreation' | 'containerDeletion' | 'oom' | 'oomKill' | (string & {});
  /** The path below the hierarchy: `/docker/<id>`. `/` where cAdvisor could not tell, as before 0.39 on kernels from 5.0. */
  readonly cgroup: string;
  /** Of the container the cgroup belongs to, 64 digits; absent for slices, pods and the like. */
  readonly containerId?: string;
  /** Name, image and allowed labels of that container, where the engine or cAdvisor knew them. */
  readonly name?: string;
  readonly image?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of `oomKill`: the process killed, by its number outside of the container. */
  readonly pid?: number;
  readonly process?: string;
  /** Of `oomKill`, since cAdvisor 0.57: `CONSTRAINT_MEMCG`. */
  readonly constraint?: string;
  /** Of `containerDeletion`, since cAdvisor 0.55: -1 where it does not know, as for what is no container. */
  readonly exitCode?: number;
  /** Present and true on what cAdvisor had kept from before we listened, or what its stream did not bring. */
  readonly replayed?: true;
}

/**
 * Makes records of the objects of cAdvisor's events API. Throws a TypeError naming the field for what is no event.
 * Truth: cAdvisor info/v1 `Event`; events, oomparser.
 */
export function cadvisorEventParser(host: string): (value: unknown, receivedAt: string) => CadvisorEvent {
  const format = nanoFormatter();
  return (value, receivedAt) => {
    const raw = { ...ABSENT, ...inLowerCase(requireObject(value, 'the event')) };
    for (const field of Object.keys(ABSENT)) requireText(raw, field, '');
    const { container_name, timestamp, event_type, event_data } = raw as RawEvent;
    const nano = nanoDigitsOf(timestamp);
    const containerId = containerIdOf(container_name);
    return {
      kind: 'cadvisor-event',
      host,
      time: nano === undefined ? receivedAt : format(nano),
      timestamp,
      receivedAt,
      type: event_type,
      cgroup: container_name,
      ...(containerId !== undefined && { containerId }),
      ...dataIn(event_data),
    };
  };
}

// As Go reads JSON: a field that is absent is empty, and names may be in any case.
const ABSENT = { container_name: '', timestamp: '', event_type: '' };
const inLowerCase = (fields: object): Loose =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));

interface RawEvent {
  readonly container_name: string;
  readonly timestamp: string;
  readonly event_type: string;
  readonly event_data?: unknown;
}

function dataIn(data: unknown): Pick<CadvisorEvent, 'pid' | 'process' | 'constraint' | 'exitCode'> {
  if (!isObject(data)) return {};
  const { oom, container_deletion } = data;
  const { pid, process_name, constraint } = isObject(oom) ? oom : {};
  const { exit_code } = isObject(container_deletion) ? container_deletion : {};
  return {
    ...(typeof pid === 'number' && { pid }),
    ...(typeof process_name === 'string' && { process: process_name }),
    ...(typeof constraint === 'string' && constraint !== '' && { constraint }),
    ...(typeof exit_code === 'number' && { exitCode: exit_code }),
  };
}
