import type { Fleet } from '../fleet.ts';
import type { Log } from '../log.ts';
export async function serveTaps(_fleet: Fleet, _log: Log): Promise<() => Promise<void>> {
  await Promise.resolve();
  return () => Promise.resolve();
}
