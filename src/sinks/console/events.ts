import type { DockerEvent } from '../../records/docker-event.ts';
import type { Gap } from '../../records/gap.ts';
import type { Tone } from '../shared/tones.ts';
import type { Column } from './table.ts';
import { timeOfDay } from '../shared/units.ts';

/** An engine event or a gap between events, flattened or not, as a row. */
export interface EventRow {
  readonly time: string;
  readonly type: string;
  readonly action: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly host: string;
  readonly synthetic?: true | undefined;
}

interface FlatEventFields {
  readonly '@timestamp': string;
  readonly event_Type: string;
  readonly event_Action: string;
  readonly event_Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly host: string;
  readonly synthetic?: true;
}

interface FlatGapFields {
  readonly '@timestamp': string;
  readonly gap_fromTime: string;
  readonly gap_toTime: string;
  readonly gap_reason: string;
  readonly gap_atLeast: number;
  readonly host: string;
}

export function eventRow(record: object): EventRow | undefined {
  const { kind } = record as Partial<DockerEvent | Gap>;
  if (kind === 'docker-event') return record as DockerEvent;
  if (kind === 'gap') return gapRow(record as Gap);
  if ('gap_reason' in record) return gapRow(unflattened(record as FlatGapFields));
  const { event_Actor: actor, ...fields } = record as Partial<FlatEventFields>;
  if (actor === undefined) return undefined;
  return {
    time: fields['@timestamp'] ?? '',
    type: fields.event_Type ?? '',
    action: fields.event_Action ?? '',
    id: actor.ID,
    attributes: actor.Attributes,
    host: fields.host ?? '',
    synthetic: fields.synthetic,
  };
}

type GapFields = Pick<Gap, 'time' | 'fromTime' | 'toTime' | 'reason' | 'atLeast' | 'host'>;

const gapRow = ({ time, fromTime, toTime, reason, atLeast, host }: GapFields): EventRow => ({
  time,
  type: GAP,
  action: reason,
  id: atLeast > 0 ? `at least ${atLeast} missing` : '',
  attributes: { from: timeOfDay(fromTime), to: timeOfDay(toTime) },
  host,
});

const unflattened = (flat: FlatGapFields): GapFields => ({
  time: flat['@timestamp'],
  fromTime: flat.gap_fromTime,
  toTime: flat.gap_toTime,
  reason: flat.gap_reason,
  atLeast: flat.gap_atLeast,
  host: flat.host,
});

const GAP = 'gap';

const TONES: Readonly<Record<string, Tone>> = {
  create: 'good',
  start: 'good',
  unpause: 'good',
  'health_status: healthy': 'good',
  kill: 'warning',
  stop: 'warning',
  pause: 'warning',
  restart: 'warning',
  oom: 'bad',
  'health_status: unhealthy': 'bad',
  destroy: 'quiet',
};

const toneOf = ({ type, action, attributes }: EventRow): Tone | undefined =>
  type === GAP
    ? 'bad'
    : action === 'die'
      ? attributes['exitCode'] === '0'
        ? 'warning'
        : 'bad'
      : TONES[action];

/** A gap stands out. */
const gapTone = ({ type }: EventRow): Tone | undefined => (type === GAP ? 'bad' : undefined);

/** Names of images and volumes are ids too; those of containers are 64 digits. */
const shortId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);

export const EVENT_COLUMNS: readonly Column<EventRow>[] = [
  { title: 'TIME', least: 12, most: 12, cell: ({ time }) => timeOfDay(time), tone: () => 'quiet' },
  { title: 'TYPE', least: 9, most: 9, cell: ({ type }) => type, tone: gapTone },
  { title: 'ACTION', least: 8, most: 24, cell: ({ action }) => action, tone: toneOf },
  {
    title: 'NAME',
    least: 16,
    most: 30,
    cell: ({ id, attributes }) => attributes['name'] ?? shortId(id),
    tone: gapTone,
  },
  { title: 'IMAGE', least: 16, most: 30, cell: ({ attributes }) => attributes['image'] ?? '' },
  { title: 'HOST', most: 16, cell: ({ host }) => host, tone: () => 'quiet' },
  {
    title: 'ATTRIBUTES',
    most: Infinity,
    cell: ({ attributes, synthetic }) =>
      [
        ...(synthetic === true ? ['synthetic'] : []),
        ...Object.entries(attributes)
          .filter(([name]) => name !== 'name' && name !== 'image')
          .map(([name, value]) => `${name}=${value}`),
      ].join(' '),
    tone: () => 'quiet',
  },
];
