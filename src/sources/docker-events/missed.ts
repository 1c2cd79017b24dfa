import { isEarlier } from '../../records/digits.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import type { Gap } from '../../records/gap.ts';
import { nanoFormatter } from '../../records/rfc3339.ts';
import type { Continuity } from './continuity.ts';
import type { Untold } from './kept-place.ts';
import type { KnownContainers } from './known-containers.ts';
import { missedSteps, phaseBefore, presentSteps } from './reconcile.ts';
import type { PresentContainer, Step } from './reconcile.ts';
import { syntheticEvents } from './synthetic.ts';
import type { Noticing } from './synthetic.ts';

/** What the stream has brought, as events, and what there is. */
export interface Sight {
  readonly present: readonly PresentContainer[];
  /** What will be emitted next. */
  readonly next: readonly DockerEvent[];
  readonly containers: KnownContainers;
}

/** What must have happened to the containers there were and the ones there are; each with its steps. */
export function missedOfAll(
  { present, next, containers }: Sight,
  sinceNano: string,
): readonly (readonly Step[])[] {
  const told = byContainer(next);
  const now = new Map(present.map((container) => [container.id, container]));
  const known = new Map(containers.entries());
  return [...new Set([...known.keys(), ...now.keys()])].map((id) =>
    missedSteps(id, {
      known: known.get(id),
      present: now.get(id),
      told: told.get(id) ?? [],
      sinceNano,
    }),
  );
}

/** The same for the first look: what those that run must have gone through, of which nothing is known. */
export function presentOfAll(sight: Sight, sinceNano: string): readonly (readonly Step[])[] {
  const { present, next, containers } = sight;
  const told = byContainer(next);
  const unknown = present.filter(({ id }) => containers.get(id) === undefined);
  const others = present.filter(({ id }) => containers.get(id) !== undefined);
  return [
    ...unknown.map((container) => presentSteps(container, told.get(container.id) ?? [])),
    ...missedOfAll({ ...sight, present: others }, sinceNano),
  ];
}

/** Makes known what there is and nobody knew, at a time; of what has steps or events to come, these tell. */
export function getToKnow(
  { present, next, containers }: Sight,
  steps: readonly (readonly Step[])[],
  sinceNano: string,
): void {
  const told = byContainer(next);
  const toCome = new Set(steps.flat().map(({ id }) => id));
  for (const { id, phase: now, attributes } of present) {
    if (containers.get(id) !== undefined || toCome.has(id)) continue;
    const phase = phaseBefore(told.get(id) ?? [], undefined) ?? now;
    if (phase !== 'absent')
      containers.set(id, { phase, attributes, shadowsExitCode: 'exitCode' in attributes, sinceNano });
  }
}

/** Whether its event may still be on its way: it took place after that time, or nobody knows when. */
export const mayComeByItself = (containers: readonly (readonly Step[])[], nano: string): boolean =>
  containers.some((steps) =>
    steps.some(({ timeNano }) => timeNano === undefined || !isEarlier(timeNano, nano)),
  );

/** The steps as records, those that the filters hold back for the books only. */
export function untoldOf(
  containers: readonly (readonly Step[])[],
  noticing: Noticing,
  isTold: (action: string) => boolean,
): readonly Untold[] {
  return syntheticEvents(containers, noticing).map((record) => ({ record, isTold: isTold(record.action) }));
}

const REASONS: Readonly<Record<Exclude<Continuity, 'continuous'>, string>> = {
  overrun: 'history-overrun',
  restarted: 'engine-restarted',
};

/** Between the last event seen and the first one replayed. */
export function gapOf(
  continuity: Exclude<Continuity, 'continuous'>,
  { host, simulated, nano }: Noticing,
  { fromNano, toNano = nano, atLeast }: { fromNano: string; toNano: string | undefined; atLeast: number },
): Gap {
  const format = nanoFormatter();
  return {
    kind: 'gap',
    type: 'gap',
    host,
    ...(simulated && { simulated }),
    time: format(nano),
    fromTime: format(fromNano),
    toTime: format(toNano),
    reason: REASONS[continuity],
    atLeast,
  };
}

function byContainer(events: readonly DockerEvent[]): ReadonlyMap<string, readonly DockerEvent[]> {
  const all = new Map<string, DockerEvent[]>();
  for (const event of events) {
    if (event.type !== 'container') continue;
    const own = all.get(event.id);
    if (own === undefined) all.set(event.id, [event]);
    else own.push(event);
  }
  return all;
}
