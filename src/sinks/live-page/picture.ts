import type { ContainerFacts } from '../../records/container-facts.ts';
import type { DerivedStats } from '../../records/derived-stats.ts';
import type { EngineInfo } from '../../records/engine-info.ts';
import type { Happening, PageReading, PageState } from '../../records/page-state.ts';

const MOST_CONTAINERS = 10_000;

/** The newest that is known: for a page that begins. */
export interface Picture {
  /** Whether the record is of a kind that the page shows. */
  readonly take: (record: unknown) => boolean;
  readonly read: (time: string) => PageState;
}

export function createPicture(mostHappenings: number): Picture {
  const engines = new Map<string, EngineInfo>();
  const containers = new Map<string, ContainerFacts>();
  const readings = new Map<string, PageReading>();
  let happenings: Happening[] = [];

  const takeFacts = (facts: ContainerFacts): void => {
    const key = `${facts.host}/${facts.container.id}`;
    containers.delete(key);
    if (facts.state === 'removed') readings.delete(key);
    else keep(containers, key, facts);
  };
  const takeReading = ({ host, container: { id }, time, derived }: DerivedStats): void => {
    const key = `${host}/${id}`;
    readings.delete(key);
    keep(readings, key, { host, id, time, derived: (derived as DerivedStats['derived'] | undefined) ?? {} });
  };
  const takeHappening = (one: Happening): void => {
    if (one.kind === 'docker-event' && one.action.startsWith('exec_')) return;
    happenings.push(one);
    if (happenings.length >= 2 * mostHappenings) happenings = happenings.slice(-mostHappenings);
  };
  return {
    take(record) {
      const one = record as ContainerFacts | DerivedStats | EngineInfo | Happening;
      switch ((one as { readonly kind?: unknown } | null)?.kind) {
        case 'container-facts':
          takeFacts(one as ContainerFacts);
          return true;
        case 'container-stats':
          takeReading(one as DerivedStats);
          return true;
        case 'engine-info':
          keep(engines, (one as EngineInfo).host, one as EngineInfo);
          return true;
        case 'docker-event':
        case 'gap':
        case 'oom-kill':
          takeHappening(one as Happening);
          return true;
        default:
          return false;
      }
    },
    read: (time) => ({
      time,
      engines: [...engines.values()],
      containers: [...containers.values()],
      readings: [...readings.values()],
      happenings: happenings.slice(-mostHappenings),
    }),
  };
}

/** The one that was told of the longest ago gives way. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > MOST_CONTAINERS) map.delete(map.keys().next().value!);
}
