import { readFileSync } from 'node:fs';
import { cadvisorEventParser } from '../../../src/records/cadvisor-event.ts';
import type { CadvisorEvent } from '../../../src/records/cadvisor-event.ts';

const folder = new URL('../../fixtures/cadvisor/', import.meta.url);

export const recorded = (file: string): Buffer => readFileSync(new URL(file, folder));

/** The objects of a recorded list or of recorded lines. */
export function recordedObjects(file: string): readonly object[] {
  const text = recorded(file).toString();
  if (file.endsWith('.json')) return JSON.parse(text) as object[];
  return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []));
}

export function recordedEvents(file: string): readonly CadvisorEvent[] {
  const parse = cadvisorEventParser('cadvisor:8080');
  return recordedObjects(file).map((object) => parse(object, '2026-11-22T00:10:00.000Z'));
}
