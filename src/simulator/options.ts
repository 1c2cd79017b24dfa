import type { CgroupVersion } from './profile.ts';

/** How the simulated engine is made. Everything has a default. */
export interface SimulatorOptions {
  /** where to listen; default: a fresh socket in a private folder, removed at the end */
  readonly socketPath?: string;
  /** '1.41' … '1.55', default '1.51': which engine's shapes, orders and habits are shown */
  readonly apiVersion?: string;
  /** shape of the stats, default 'v2' */
  readonly cgroup?: CgroupVersion;
  /** running containers at the start, default 12 */
  readonly containers?: number;
  /** period of the stats loop that all streams share, default 1000 */
  readonly statsEveryMs?: number;
  /** same seed = same containers, course of load and order of events; default 1 */
  readonly seed?: number;
}
