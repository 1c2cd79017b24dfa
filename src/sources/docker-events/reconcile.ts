import type { ContainerState, Phase } from '../../records/container-state.ts';
import { isEarlier } from '../../records/digits.ts';
import type { ContainerExit, DockerEvent } from '../../records/docker-event.ts';
import type { KnownContainer } from './known-containers.ts';

/** A container that is there now. What only inspecting it tells is absent where that was not possible. */
export interface PresentContainer extends Partial<ContainerState> {
  readonly id: string;
  readonly phase: Phase;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Something that must have happened to a container. */
export interface Step {
  readonly action: 'create' | 'start' | 'pause' | 'unpause' | 'die' | 'rename' | 'destroy';
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch, in digits; absent where nothing tells when. */
  readonly timeNano?: string | undefined;
  readonly exit?: ContainerExit;
}

export interface Comparison {
  readonly known: KnownContainer | undefined;
  readonly present: PresentContainer | undefined;
  /** What the events that come next say of it, in their order: they are not told twice. */
  readonly told: readonly DockerEvent[];
  /** The latest event before: an unknown container is news only for what happened to it later. */
  readonly sinceNano: string;
}

/** What must have happened to one container between what is known of it and what will be told next, in its order. */
export function missedSteps(id: string, { sinceNano: allSince, ...of }: Comparison): readonly Step[] {
  const { known, present, told } = of;
  const sinceNano = later(known?.sinceNano, allSince) ?? allSince;
  const comparison = { ...of, sinceNano };
  const until = phaseBefore(told, known);
  if (known === undefined) {
    if (present === undefined || until === 'absent') return [];
    const create = isLater(present.createdNano, sinceNano)
      ? [stepOf('create', present, present.createdNano)]
      : [];
    return [...create, ...stepsTo(until, present, phaseAt(sinceNano, present), comparison)];
  }
  if (until === 'absent') return [];
  const ended = { id, attributes: known.attributes };
  if (present !== undefined || until !== undefined) {
    const name = nameBefore(told) ?? present?.attributes['name'];
    const steps = stepsTo(until, present ?? { ...ended, phase: 'down' }, known.phase, comparison);
    return [...steps, ...renaming(id, known, name)];
  }
  return [...(known.phase === 'down' ? [] : [stepOf('die', ended)]), stepOf('destroy', ended)];
}

/** What a container that runs must have gone through, for somebody who knows nothing; what is stopped is history. */
export function presentSteps(present: PresentContainer, told: readonly DockerEvent[]): readonly Step[] {
  const phase = phaseBefore(told, undefined) ?? present.phase;
  if (phase === 'absent' || (phase === 'down' && present.phase === 'down')) return [];
  return missedSteps(present.id, { known: undefined, present, told, sinceNano: '0' });
}

/** The phase before the first event that shows one; nothing where none does. */
export function phaseBefore(
  told: readonly DockerEvent[],
  known: KnownContainer | undefined,
): Phase | 'absent' | undefined {
  for (const { action } of told) {
    // A paused container can be killed, too.
    if (action === 'die' || action === 'kill') return known?.phase === 'paused' ? 'paused' : 'up';
    const phase = BEFORE.get(action);
    if (phase !== undefined) return phase;
  }
  return undefined;
}

const BEFORE: ReadonlyMap<string, Phase | 'absent'> = new Map([
  ['create', 'absent'],
  ['start', 'down'],
  ['pause', 'up'],
  ['unpause', 'paused'],
  ['destroy', 'down'],
  ['remove', 'down'],
]);

function nameBefore([first]: readonly DockerEvent[]): string | undefined {
  if (first?.action === 'rename') return first.attributes['oldName']?.replace(/^\//, '');
  return first?.attributes['name'];
}

/** What an unknown container must have been at a time, by its own times. */
function phaseAt(nano: string, { phase, createdNano, startedNano, finishedNano }: PresentContainer): Phase {
  if (startedNano === undefined || isLater(createdNano, nano) || isLater(startedNano, nano)) return 'down';
  return phase !== 'down' || isLater(finishedNano, nano) ? 'up' : 'down';
}

/** From one phase to the one now, or to the one the events begin with; by the other one where a run or a stop lies between. */
function stepsTo(
  until: Phase | undefined,
  present: PresentContainer,
  from: Phase,
  { told, sinceNano }: Comparison,
): readonly Step[] {
  const to = until ?? present.phase;
  // The times are those of the last run: of no use where the events tell of a later one.
  const tells = (action: string): boolean => told.some((event) => event.action === action);
  const started = tells('start') ? undefined : later(present.startedNano, sinceNano);
  const finished = tells('die') ? undefined : later(present.finishedNano, sinceNano);
  const hasRun = started !== undefined && finished !== undefined && until === undefined;
  const between: readonly Phase[] =
    from !== 'down' && to !== 'down' && started !== undefined
      ? ['down']
      : from === 'down' && to === 'down' && hasRun
        ? ['up']
        : [];
  const path = [from, ...between, to];
  const actions = path.slice(1).flatMap((phase, i) => ACTIONS[path[i]!][phase]);
  return actions.map((action, i) => {
    if (action === 'start') return stepOf(action, present, started);
    if (action !== 'die') return stepOf(action, present);
    const isLast = i === actions.length - 1 && until === undefined;
    return isLast ? lastDie(present) : stepOf(action, present, finished);
  });
}

const ACTIONS: Readonly<Record<Phase, Readonly<Record<Phase, readonly Step['action'][]>>>> = {
  down: { down: [], up: ['start'], paused: ['start', 'pause'] },
  up: { down: ['die'], up: [], paused: ['pause'] },
  paused: { down: ['die'], up: ['unpause'], paused: [] },
};

function renaming(id: string, { attributes }: KnownContainer, name: string | undefined): readonly Step[] {
  const { name: oldName } = attributes;
  if (name === undefined || oldName === undefined || name === oldName) return [];
  return [stepOf('rename', { id, attributes: { ...attributes, name, oldName: `/${oldName}` } })];
}

const stepOf = (
  action: Step['action'],
  { id, attributes }: Pick<PresentContainer, 'id' | 'attributes'>,
  timeNano?: string,
): Step => ({ action, id, attributes, timeNano });

/** Of a container whose last run is over: its state is still that of this end. */
function lastDie({ id, attributes, exitCode, oomKilled, finishedNano }: PresentContainer): Step {
  const exit = {
    ...(exitCode !== undefined && { code: exitCode }),
    ...(oomKilled !== undefined && { oomKilled }),
    verified: exitCode !== undefined,
  };
  const own = exitCode === undefined ? attributes : { ...attributes, exitCode: String(exitCode) };
  return { action: 'die', id, attributes: own, timeNano: finishedNano, exit };
}

const isLater = (time: string | undefined, than: string): boolean =>
  time !== undefined && isEarlier(than, time);
const later = (time: string | undefined, than: string): string | undefined =>
  isLater(time, than) ? time : undefined;
