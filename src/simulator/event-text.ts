import { goJson, goMap } from './go-json.ts';
import type { EngineEvent } from './types.ts';

const legacyFields = ({ type, action, id, attributes }: EngineEvent): string => {
  if (type !== 'container' && type !== 'image') return '';
  const idField = id === '' ? '' : `,"id":${goJson(id)}`;
  const image = attributes['image'];
  const fromField = type === 'container' && image ? `,"from":${goJson(image)}` : '';
  return `"status":${goJson(action)}${idField}${fromField},`;
};

/** One event as the engine writes it, without the newline. The time is printed from its digits: it exceeds 2^53. */
export function eventText(event: EngineEvent, nano: bigint, legacy: boolean): string {
  const { type, action, id, attributes, scope = 'local' } = event;
  const time = nano / 1_000_000_000n;
  return `{${legacy ? legacyFields(event) : ''}"Type":${goJson(type)},"Action":${goJson(action)},"Actor":{"ID":${goJson(id)},"Attributes":${goMap(attributes)}},"scope":"${scope}","time":${time},"timeNano":${nano}}`;
}
