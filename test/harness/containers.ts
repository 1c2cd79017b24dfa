import type { EngineFamily } from './family.ts';
import { callApi, statusOf } from './http.ts';

/** Removes every container, running or not, with its anonymous volumes. */
export async function removeAll(socketPath: string, family: EngineFamily): Promise<void> {
  const containers = (await callApi(socketPath, 'GET', '/containers/json?all=1')) as { Id: string }[];
  await Promise.all(containers.map(({ Id }) => remove(socketPath, Id, family)));
}

/** Removes a container, running or not, with its anonymous volumes. One that is not there is no failure. */
export async function remove(socketPath: string, id: string, family: EngineFamily): Promise<void> {
  try {
    await callApi(socketPath, 'DELETE', family.removal(id));
  } catch (error) {
    if (statusOf(error) === 409) await removed(socketPath, id);
    else if (statusOf(error) !== 404) throw error;
  }
}

/** Someone else (`run --rm`, say) is removing it already. */
async function removed(socketPath: string, id: string): Promise<void> {
  try {
    await callApi(socketPath, 'POST', `/containers/${id}/wait?condition=removed`);
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
