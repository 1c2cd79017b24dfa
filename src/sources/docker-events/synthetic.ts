import type { EngineFlavour } from '../../records/container-stats.ts';
import { isEarlier } from '../../records/digits.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { nanoFormatter } from '../../records/rfc3339.ts';
import type { Step } from './reconcile.ts';

export interface Noticing {
  readonly host: string;
  readonly simulated: boolean;
  readonly flavour: EngineFlavour;
  /** When, by the engine's clock: nanoseconds in digits. */
  readonly nano: string;
}

/** The steps of several containers as records like the engine's own, by their times; those of one keep their order. */
export function syntheticEvents(
  containers: readonly (readonly Step[])[],
  noticing: Noticing,
): readonly DockerEvent[] {
  const format = nanoFormatter();
  const marks = noticing.simulated ? ({ simulated: true } as const) : {};
  return containers
    .flatMap((steps) => timed(steps, noticing.nano))
    .sort((a, b) => (isEarlier(a.timeNano, b.timeNano) ? -1 : isEarlier(b.timeNano, a.timeNano) ? 1 : 0))
    .map(({ action, id, attributes, timeNano, exit }) => ({
      kind: 'docker-event',
      host: noticing.host,
      ...marks,
      synthetic: true,
      time: format(timeNano),
      timeNano,
      type: 'container',
      action: action === 'destroy' && noticing.flavour === 'podman' ? 'remove' : action,
      id,
      attributes,
      scope: 'local',
      ...(exit !== undefined && { exit }),
    }));
}

type Timed = Step & { readonly timeNano: string };

/** A step without a time took place before the next one that has one, and the last ones when they were noticed. */
function timed(steps: readonly Step[], noticed: string): readonly Timed[] {
  let latest = '0';
  return steps.map((step, i) => {
    const own = steps.slice(i).find(({ timeNano }) => timeNano !== undefined)?.timeNano ?? noticed;
    latest = isEarlier(own, latest) ? latest : own;
    return { ...step, timeNano: latest };
  });
}
