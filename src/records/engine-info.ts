import { requireObject } from './check.ts';
import type { EngineFlavour } from './container-stats.ts';

/** What an engine says of itself and its host: `GET /info` of the Docker Engine API. */
export interface EngineInfo {
  readonly kind: 'engine-info';
  /** Which engine said it. */
  readonly host: string;
  /** Present and true on records of the simulated engine. */
  readonly simulated?: true;
  readonly engine: EngineFlavour;
  /** When it answered, by this machine's clock: RFC 3339. */
  readonly time: string;
  /** Of the engine. */
  readonly version: string;
  readonly kernel: string;
  readonly os: string;
  /** How cgroups are named: by itself, or by systemd's slices and scopes. Empty where the engine does not say. */
  readonly cgroupDriver: string;
  /** Engines before 20.10 know only 1. */
  readonly cgroupVersion: 1 | 2;
  readonly storageDriver: string;
  /** Of the host. */
  readonly cpus: number;
  /** Of the host. */
  readonly memoryBytes: number;
  readonly containers: { readonly running: number; readonly paused: number; readonly stopped: number };
  readonly images: number;
}

/** What of it is the engine's own word. */
export type InfoBody = Omit<EngineInfo, 'kind' | 'host' | 'simulated' | 'engine' | 'time'>;

/** Of a `GET /info` answer. Throws a TypeError when it is none. Truth: Docker Engine API; moby daemon/info. */
export function engineInfoIn(answer: unknown): InfoBody {
  const info = requireObject(answer, '');
  const text = (field: string): string => {
    const value = info[field];
    return typeof value === 'string' ? value : '';
  };
  const count = (field: string): number => {
    const value = info[field];
    return typeof value === 'number' ? value : 0;
  };
  return {
    version: text('ServerVersion'),
    kernel: text('KernelVersion'),
    os: text('OperatingSystem'),
    cgroupDriver: text('CgroupDriver'),
    cgroupVersion: text('CgroupVersion') === '2' ? 2 : 1,
    storageDriver: text('Driver'),
    cpus: count('NCPU'),
    memoryBytes: count('MemTotal'),
    containers: {
      running: count('ContainersRunning'),
      paused: count('ContainersPaused'),
      stopped: count('ContainersStopped'),
    },
    images: count('Images'),
  };
}
