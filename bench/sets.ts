import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { OPENING_MS } from './candidates/measure.ts';

/** A load and the candidates that read it. The first is the base of all ratios. */
export interface BenchSet {
  readonly name: 'events' | 'stats';
  readonly title: string;
  readonly candidates: readonly string[];
  /** Arguments of the simulated engine. */
  readonly load: readonly string[];
  /** What each candidate is told to read: events, or seconds. */
  readonly amount: number;
  /** How many of the records come in the part that is measured by itself: the streams are open then. */
  readonly steadyRecords?: number;
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

async function eachLine(file: string, each: (line: string, index: number) => void): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    each(line, count);
    count += 1;
  }
  return count;
}
