import type { Tell } from '../../core/define-source.ts';
import type { SourceCounts } from '../../core/types.ts';
import { fifo } from '../../core/fifo.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { ContainerState } from '../../records/container-state.ts';
import { isEarlier } from '../../records/digits.ts';
import type { DockerEvent } from '../../records/docker-event.ts';
import { slots } from '../shared/slots.ts';
import type { KnownContainers } from './known-containers.ts';
import { stateOf } from './present-containers.ts';

/** Where events pass in their order, those that tell an exit with what the engine says of it. */
export interface ExitCheck {
  /** Whether events wait behind one that is being asked about. */
  readonly isHolding: boolean;
  /** Takes an event, which is what the first `received` lines say to the end. */
  readonly pass: (event: DockerEvent, received: number) => void;
  /** Lets go of all that is held, without an answer where there is none yet. */
  readonly flush: () => void;
}

export type Deliver = (event: DockerEvent, received: number) => void;

const ASKED_AT_ONCE = 16;
/** So long a die may wait for the engine's answer; then it goes on as it came. */
const PATIENCE_MS = 2_000;
/** So many events may wait behind one; then it goes on as it came. */
const MAX_HELD = 1_024;

interface Held {
  readonly event: DockerEvent;
  readonly received: number;
  /** It needs no answer, has one, or has waited long enough for one. */
  isReady: boolean;
  state?: ContainerState | undefined;
}

/** Asks the engine about every `die` of a container, and holds back what comes behind it meanwhile. */
export function verifiedExits(
  connection: EngineConnection,
  signal: AbortSignal,
  containers: KnownContainers,
  { tell, counts }: { readonly tell: Tell; readonly counts: SourceCounts },
  deliver: Deliver,
): ExitCheck {
  const held = fifo<Held>();
  const asking = slots(ASKED_AT_ONCE, PATIENCE_MS);
  /** The die that is being asked about, by container. */
  const open = new Map<string, Held>();
  let refused = false;

  const release = (): void => {
    for (let first = held.first(); first?.item.isReady === true; first = held.first()) {
      if (signal.aborted) return;
      held.shift();
      counts.held -= 1;
      const { event, received, state } = first.item;
      const isShadowed = containers.get(event.id)?.shadowsExitCode;
      deliver(isExit(event) ? withExit(event, state, isShadowed) : event, received);
    }
  };
  const settle = (entry: Held, state?: ContainerState): void => {
    if (entry.isReady) return;
    Object.assign(entry, { isReady: true, state });
    open.delete(entry.event.id);
    release();
  };
  /** Whatever the engine answers from now on may be of a later run. */
  const settleOlder = ({ action, id }: DockerEvent): void => {
    const older = action === 'start' ? open.get(id) : undefined;
    if (older !== undefined) settle(older);
  };
  const ask = async (entry: Held, until: number): Promise<void> => {
    const leftMs = until - performance.now();
    if (entry.isReady) return;
    const state =
      !refused && leftMs > 0 ? await stateOf(connection, entry.event.id, leftMs, signal) : undefined;
    settle(entry, state === 'refused' ? undefined : state);
    if (state === 'refused' && !refused) {
      refused = true;
      const closed = `GET /containers/{id}/json is closed to us at ${connection.address}`;
      tell({ type: 'notice', message: `${closed}: exit codes are as the events tell them` });
    }
  };
  const hold = (event: DockerEvent, received: number): void => {
    const entry: Held = { event, received, isReady: !isExit(event) };
    held.push(entry, 0);
    counts.held += 1;
    if (entry.isReady) return settleOlder(event);
    open.set(event.id, entry);
    // Once the slots are free again of an engine that does not answer, all that waited for them is late.
    const until = performance.now() + PATIENCE_MS;
    asking.start(() => ask(entry, until));
  };
  return {
    get isHolding() {
      return held.size > 0;
    },
    pass(event, received) {
      if (held.size === 0 && !isExit(event)) {
        deliver(event, received);
        return;
      }
      hold(event, received);
      const oldest = held.first();
      if (held.size > MAX_HELD && oldest !== undefined) settle(oldest.item);
    },
    flush() {
      for (let first = held.first(); first !== undefined && !signal.aborted; first = held.first()) {
        settle(first.item);
      }
    },
  };
}

const isExit = ({ type, action }: DockerEvent): boolean => action === 'die' && type === 'container';

/** With what the engine says of the end, if that is still the end it speaks of; a later run has an end of its own. */
export function withExit(
  event: DockerEvent,
  state: ContainerState | undefined,
  isShadowed: boolean | undefined,
): DockerEvent {
  const { timeNano, attributes } = event;
  const isOfThisRun =
    state?.phase === 'down' && !(state.startedNano !== undefined && isEarlier(timeNano, state.startedNano));
  if (isOfThisRun) {
    const { exitCode: code, oomKilled } = state;
    const exit = { code, oomKilled, verified: true };
    return { ...event, attributes: { ...attributes, exitCode: String(code) }, exit };
  }
  const told = attributes['exitCode'];
  const code = told !== undefined && /^-?\d+$/.test(told) ? { code: Number(told) } : {};
  return { ...event, exit: { ...code, verified: isShadowed === false } };
}
