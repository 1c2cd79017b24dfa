import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { count, EMPTY, lastValueFrom, tap } from 'rxjs';
import { journaled } from '../src/journal/journaled.ts';
import { OPENING_MS } from './candidates/measure.ts';
import type { Column } from './report.ts';

/** A load and the candidates that read it. The first is the base of all ratios. */
export interface BenchSet {
  readonly name: 'events' | 'stats' | 'journal' | 'metrics' | 'broadcast';
  readonly title: string;
  readonly candidates: readonly string[];
  /** Arguments of the simulated engine; without it there is none. */
  readonly load?: readonly string[];
  /** What each candidate is told to read: events, or seconds. */
  readonly amount: number;
  /** How many clients each candidate serves; the records of all of them are counted. */
  readonly clients?: number;
  /** How many records a second each candidate publishes, where it does. */
  readonly perSecond?: number;
  /** How many of the records come in the part that is measured by itself: the streams are open then. */
  readonly steadyRecords?: number;
  /** What is reported, where it is not speed, CPU and memory. */
  readonly columns?: readonly Column[];
  /** How many records a result file has; throws when one is missing, torn, doubled or out of order. */
  readonly verify: (file: string) => Promise<number>;
}

export function eventsSet(events: number): BenchSet {
  return {
    name: 'events',
    title: `${events} events as fast as they are read → flat → NDJSON`,
    candidates: ['events-raw-socket', 'events-bare-dockerode', 'events-no-rxjs', 'events-dockrx'],
    load: [
      '--scenario',
      'quiet',
      '--containers',
      '64',
      '--events-per-second',
      'max',
      '--events',
      String(events),
    ],
    amount: events,
    verify: async (file) => {
      const lines = await eachLine(file, (line, index) => {
        const event = JSON.parse(line) as { event_Actor: { Attributes: { sequence: string } } };
        const { sequence } = event.event_Actor.Attributes;
        if (Number(sequence) !== index) throw new Error(`${file}: line ${index + 1} is event ${sequence}`);
      });
      if (lines !== events) throw new Error(`${file}: ${lines} of ${events} events`);
      return lines;
    },
  };
}

export function statsSet(containers: number, seconds: number): BenchSet {
  return {
    name: 'stats',
    title: `${containers} containers at 1 Hz for ${seconds} s → flat → NDJSON`,
    candidates: ['stats-raw-socket', 'stats-bare-dockerode', 'stats-dockrx'],
    load: ['--scenario', 'quiet', '--containers', String(containers)],
    amount: seconds,
    steadyRecords: containers * (seconds - OPENING_MS / 1000),
    verify: async (file) => {
      const seen = new Set<string>();
      const lines = await eachLine(file, (line) => {
        const sample = JSON.parse(line) as { '@timestamp': string; container_id: string };
        const key = `${sample.container_id} ${sample['@timestamp']}`;
        if (seen.has(key)) throw new Error(`${file}: ${key} twice`);
        seen.add(key);
      });
      // Opening a thousand streams takes a moment, and the engine's first tick another.
      if (lines < containers * (seconds - 3)) throw new Error(`${file}: only ${lines} samples`);
      return lines;
    },
  };
}

export function journalSet(records: number): BenchSet {
  return {
    name: 'journal',
    title: `${records} records → journal → back, against the same lines appended to a file`,
    candidates: ['journal-plain-append', 'journal-dockrx', 'journal-dockrx-synced'],
    amount: records,
    verify: async (out) => {
      const isJournal = (await stat(out)).isDirectory();
      const found = isJournal ? await eachJournaled(out, inOrder) : await eachLine(out, parsedInOrder);
      if (found !== records) throw new Error(`${out}: ${found} of ${records} records`);
      return found;
    },
  };
}

/** Their process counts what each client gets, and is done when all have everything. */
function inOrder(record: unknown, index: number): void {
  const { seq } = record as { readonly seq: number };
  if (seq !== index) throw new Error(`record ${index + 1} is ${seq}`);
}

const parsedInOrder = (line: string, index: number): void => inOrder(JSON.parse(line), index);

function eachJournaled(dir: string, each: (record: unknown, index: number) => void): Promise<number> {
  let index = 0;
  const next = (record: unknown): void => each(record, index++);
  return lastValueFrom(journaled(EMPTY, { dir, maxBytes: 8 * 1024 ** 3 }).pipe(tap(next), count()));
}

async function eachLine(file: string, each: (line: string, index: number) => void): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    each(line, count);
    count += 1;
  }
  return count;
}
