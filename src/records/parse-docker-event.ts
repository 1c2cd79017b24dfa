import type { DockerEvent } from './docker-event.ts';
import { keptLabels, labelPolicy } from './labels.ts';
import { nanoFormatter } from './rfc3339.ts';

export interface DockerEventPolicy {
  readonly host: string;
  readonly simulated: boolean;
  /** Globs of the labels that are kept beside the engine's own attributes. */
  readonly labels: readonly string[];
  /** Whether the command lines of exec_create and exec_start are kept. They often hold secrets. */
  readonly execCommands: 'redact' | 'keep';
}

/** What engines themselves say in attributes (Docker and Podman); all else is labels, chosen by whoever starts a container. */
const ENGINE_ATTRIBUTES: ReadonlySet<string> = new Set(
  [
    'name image exitCode execDuration signal execID oldName imageID imageRef container destination driver propagation',
    'read/write type reclaimed containerExitCode podId desiredstate.new desiredstate.old',
    'state.new state.old replicas.new replicas.old availability.new availability.old role.new role.old',
    'updatestate.new updatestate.old image.new image.old',
  ].flatMap((line) => line.split(' ')),
);

/** Whether an attribute or label of a container's events is kept, by globs of labels. */
export const containerAttributes = (labels: readonly string[]): ((key: string) => boolean) =>
  labelPolicy(labels, ENGINE_ATTRIBUTES);

/** The settings a daemon lists on reload may hold addresses and credentials: only its name is kept. */
const DAEMON_ATTRIBUTES: ReadonlySet<string> = new Set(['name']);

/**
 * Makes records of the lines of `GET /events`. Throws a TypeError naming the field for a line that is not an event.
 * Truth: Docker Engine API `/events`; moby api/types/events; podman libpod/events.
 */
export function dockerEventParser(policy: DockerEventPolicy): (line: string) => DockerEvent {
  const { host } = policy;
  const formatTime = nanoFormatter();
  const keep = containerAttributes(policy.labels);
  const keepOfDaemon = labelPolicy(policy.labels, DAEMON_ATTRIBUTES);
  const marks = policy.simulated ? ({ simulated: true } as const) : {};

  return (line) => {
    const raw = JSON.parse(line) as RawEvent | null;
    const { Type: type, Action, Actor: actor } = raw ?? {};
    if (typeof type !== 'string') throw new TypeError('Type is not a text');
    if (typeof Action !== 'string') throw new TypeError('Action is not a text');
    if (typeof actor?.ID !== 'string') throw new TypeError('Actor.ID is not a text');
    const timeNano = nanoDigits(line, raw?.time);
    return {
      kind: 'docker-event',
      host,
      ...marks,
      time: formatTime(timeNano),
      timeNano,
      type,
      action: actionOf(Action, raw?.HealthStatus, policy.execCommands),
      id: actor.ID,
      attributes: keptLabels(actor.Attributes, type === 'daemon' ? keepOfDaemon : keep),
      scope: typeof raw?.scope === 'string' ? raw.scope : '',
    };
  };
}

interface RawEvent {
  readonly Type?: unknown;
  readonly Action?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: Readonly<Record<string, unknown>> | null };
  readonly scope?: unknown;
  readonly time?: unknown;
  /** Podman tells the result here, Docker in the action. */
  readonly HealthStatus?: unknown;
}

function actionOf(action: string, health: unknown, execCommands: 'redact' | 'keep'): string {
  if (execCommands === 'redact' && action.startsWith('exec_')) {
    const colon = action.indexOf(':');
    if (colon > 0) return action.slice(0, colon);
  }
  if (action === 'health_status' && typeof health === 'string' && health !== '')
    return `health_status: ${health}`;
  return action;
}

const NANO = /"timeNano":\s*(\d{1,20})[^\d.eE]/;

/** The digits of timeNano from the text: JSON.parse would round them. */
export function nanoDigits(line: string, seconds: unknown): string {
  const at = line.lastIndexOf('"timeNano":');
  const digits = at < 0 ? undefined : NANO.exec(line.slice(at))?.[1];
  if (digits !== undefined) return digits;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 0) return `${seconds}000000000`;
  throw new TypeError('neither timeNano nor time is a whole number');
}
