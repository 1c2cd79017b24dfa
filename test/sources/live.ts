import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';

/** What the engine itself said. */
export const isLive = (record: DockerEvent | Gap): record is DockerEvent =>
  record.kind !== 'gap' && record.synthetic !== true;

export const isSynthetic = (record: DockerEvent | Gap): record is DockerEvent =>
  record.kind !== 'gap' && record.synthetic === true;

export const isGap = (record: DockerEvent | Gap): record is Gap => record.kind === 'gap';
