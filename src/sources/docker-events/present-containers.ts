import type { EngineConnection } from '../../engine/engine.ts';
import { listedContainersIn } from '../../records/container-list.ts';
import type { ListedContainer } from '../../records/container-list.ts';
import { containerStateIn } from '../../records/container-state.ts';
import type { ContainerState } from '../../records/container-state.ts';
import { keptLabels } from '../../records/labels.ts';
import { isRefusal, unclear } from '../shared/answers.ts';
import { slots } from '../shared/slots.ts';
import { within } from '../shared/within.ts';
import type { PresentContainer } from './reconcile.ts';

const INSPECTED_AT_ONCE = 16;
const INSPECT_MS = 10_000;

export interface Look {
  readonly selects: (container: ListedContainer) => boolean;
  /** Whether its times are wanted, too: a request each. */
  readonly inspects: (container: ListedContainer) => boolean;
  readonly keepLabel: (key: string) => boolean;
}

/** The containers there are, with what inspecting tells of those that can still be inspected. Rejects with a `PipelineError`. */
export async function presentContainers(
  connection: EngineConnection,
  signal: AbortSignal,
  { selects, inspects, keepLabel }: Look,
): Promise<readonly PresentContainer[]> {
  const listed = (await list(connection, signal)).filter(selects);
  const inspecting = slots(INSPECTED_AT_ONCE, INSPECT_MS);
  const look = (container: ListedContainer): Promise<PresentContainer> => {
    const basic = presentBy(container, keepLabel);
    if (!inspects(container)) return Promise.resolve(basic);
    return new Promise((resolve) => {
      inspecting.start(async () => {
        const state = await stateOf(connection, container.id, INSPECT_MS, signal);
        resolve(typeof state === 'object' ? { ...basic, ...state } : basic);
      });
    });
  };
  return Promise.all(listed.map(look));
}

/** Inspects a container. `refused`: nobody may ask that; nothing: it is gone, or the engine does not say in time. */
export async function stateOf(
  connection: EngineConnection,
  id: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<ContainerState | 'refused' | undefined> {
  try {
    return containerStateIn(await within(withinMs, signal, (limited) => connection.inspect(id, limited)));
  } catch (error) {
    return isRefusal(error) ? 'refused' : undefined;
  }
}

async function list(connection: EngineConnection, signal: AbortSignal): Promise<readonly ListedContainer[]> {
  try {
    return listedContainersIn(await connection.containers({ all: true }, signal));
  } catch (cause) {
    throw unclear('the list of containers', connection, cause);
  }
}

function presentBy(container: ListedContainer, keep: (key: string) => boolean): PresentContainer {
  const { id, name, image, labels, phase, createdNano, exitCode } = container;
  return {
    id,
    phase,
    attributes: { image, ...keptLabels(labels, keep), name },
    createdNano,
    ...(exitCode !== undefined && { exitCode }),
  };
}
