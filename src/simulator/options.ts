import type { CgroupVersion } from './profile.ts';
import { scenarios, type ScenarioName } from './scenarios.ts';

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
  /**
   * background events: health checks, execs, pulls, volumes. Default 2 in the lively scenario, else 0.
   * A listener that does not keep up loses events, as on the real engine. `Infinity` is the firehose: as fast as
   * the slowest listener reads, none lost, each with a consecutive number in the attribute `sequence`
   */
  readonly eventsPerSecond?: number;
  /** the firehose stops after so many; default: never */
  readonly events?: number;
  /** stories played again and again, several side by side; default 'lively', a mix for demonstrations. Tests want 'quiet' */
  readonly scenario?: 'lively' | 'quiet' | ScenarioName | readonly ScenarioName[];
  /** same seed = same containers, course of load and order of events; default 1 */
  readonly seed?: number;
}

export type Settings = Required<Omit<SimulatorOptions, 'socketPath'>> & {
  readonly socketPath: string | undefined;
};

const mustBe = (name: string, value: number, right: boolean, what: string): void => {
  if (!right) throw new RangeError(`simulator: ${name} is ${value}, give ${what}`);
};

/** @throws RangeError naming the option that is out of range */
export function settingsOf(options: SimulatorOptions): Settings {
  const scenario = options.scenario ?? 'lively';
  const settings: Settings = {
    socketPath: options.socketPath,
    apiVersion: options.apiVersion ?? '1.51',
    cgroup: options.cgroup ?? 'v2',
    containers: options.containers ?? 12,
    statsEveryMs: options.statsEveryMs ?? 1000,
    eventsPerSecond: options.eventsPerSecond ?? (scenario === 'lively' ? 2 : 0),
    events: options.events ?? Infinity,
    scenario,
    seed: options.seed ?? 1,
  };
  const names = [scenario].flat().filter((name) => name !== 'lively' && name !== 'quiet');
  const unknown = names.find((name) => !Object.hasOwn(scenarios, name));
  if (unknown !== undefined) {
    const known = ['lively', 'quiet', ...Object.keys(scenarios)].join(', ');
    throw new RangeError(`simulator: scenario is ${JSON.stringify(unknown)}, give one of ${known}`);
  }
  const { containers, statsEveryMs, eventsPerSecond, events, seed } = settings;
  mustBe(
    'containers',
    containers,
    Number.isInteger(containers) && containers >= 0,
    'a whole number from 0 on',
  );
  mustBe('statsEveryMs', statsEveryMs, statsEveryMs >= 1, 'at least 1');
  mustBe('eventsPerSecond', eventsPerSecond, eventsPerSecond >= 0, 'a number from 0 on, or Infinity');
  mustBe('events', events, events >= 0, 'a number from 0 on');
  mustBe('seed', seed, Number.isInteger(seed), 'a whole number');
  return settings;
}
