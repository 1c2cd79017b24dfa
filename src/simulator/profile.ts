export type CgroupVersion = 'v1' | 'v2';

/** What differs between engine versions, named by the behaviour and not by the version. */
export interface EngineProfile {
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly engineVersion: string;
  readonly apiMinor: number;
  readonly cgroup: CgroupVersion;
  /** `execDuration` in `die` */
  readonly execDuration: boolean;
  /** network, volume and `stop` events come before `die` */
  readonly dieComesLast: boolean;
  readonly mountBeforeConnect: boolean;
  /** creating a container repeats `create` of a volume that exists */
  readonly repeatsVolumeCreate: boolean;
  /** one-shot waits for the collector's next tick and carries name and id */
  readonly oneShotWaits: boolean;
  /** `stream=true&one-shot=true` is a 400 */
  readonly refusesStreamOneShot: boolean;
  readonly statsOrder: 'read-first' | 'name-first' | 'os-type';
  /** a shutdown ends streams cleanly instead of cutting them */
  readonly endsStreamsCleanly: boolean;
  /** a `since` that is no number: 500 or 400 */
  readonly badTimeStatus: 500 | 400;
}

const engines: Readonly<Record<number, string>> = {
  41: '20.10.24',
  42: '23.0.6',
  43: '24.0.9',
  44: '25.0.6',
  45: '26.1.5',
  46: '27.0.3',
  47: '27.5.1',
  48: '28.0.4',
  49: '28.1.1',
  50: '28.2.2',
  51: '28.5.2',
  52: '29.0.4',
  53: '29.2.1',
  54: '29.3.0',
  55: '29.7.0',
};

const minimumOf = (minor: number): string => {
  if (minor >= 54) return '1.40';
  if (minor >= 52) return '1.44';
  return minor >= 44 ? '1.24' : '1.12';
};

/** @throws RangeError if the version is not 1.41 … 1.55 */
export function engineProfile(apiVersion: string, cgroup: CgroupVersion): EngineProfile {
  const minor = Number(/^1\.(\d+)$/.exec(apiVersion)?.[1]);
  const engineVersion = engines[minor];
  if (engineVersion === undefined) {
    throw new RangeError(
      `simulator: apiVersion is ${JSON.stringify(apiVersion)}, give one from 1.41 to 1.55`,
    );
  }
  if (!['v1', 'v2'].includes(cgroup)) {
    throw new RangeError(`simulator: cgroup is ${JSON.stringify(cgroup)}, give v1 or v2`);
  }
  return {
    apiVersion,
    minApiVersion: minimumOf(minor),
    engineVersion,
    apiMinor: minor,
    cgroup,
    execDuration: minor >= 43,
    dieComesLast: minor >= 45,
    mountBeforeConnect: minor >= 48,
    repeatsVolumeCreate: minor < 45,
    oneShotWaits: minor < 44,
    refusesStreamOneShot: minor < 52,
    statsOrder: minor >= 52 ? 'os-type' : minor >= 48 ? 'name-first' : 'read-first',
    endsStreamsCleanly: minor >= 52,
    badTimeStatus: minor >= 52 ? 400 : 500,
  };
}

/** Events lost `status`, `id` and `from` with API 1.52; the version in the path decides. */
export const hasLegacyFields = (apiMinor: number): boolean => apiMinor < 52;
