import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fact, onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { type Run, type RunResult, runPipeline } from '../../src/core/run.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { derive } from '../../src/operators/derive.ts';
import { flattenEvent } from '../../src/operators/flatten-event.ts';
import { flattenStats } from '../../src/operators/flatten-stats.ts';
import { ndjsonFile } from '../../src/sinks/ndjson-file.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { dockerStats } from '../../src/sources/docker-stats.ts';
import { becomes } from '../sources/hear.ts';

/** A line of a file. */
export type Flat = Readonly<Record<string, unknown>>;

/** Both pipelines of `npm start`, into files of a folder of their own. */
export interface MainJob {
  /** What both have told so far. */
  readonly facts: readonly Fact[];
  readonly events: () => readonly Flat[];
  readonly stats: () => readonly Flat[];
  /** Resolves when both have connected so often. */
  readonly connected: (times: number) => Promise<void>;
  readonly stop: () => Promise<readonly RunResult[]>;
}

/** Starts it; `address` is the engine's, as in DOCKER_HOST. */
export function mainJob(folder: string, address: string): MainJob {
  const facts: Fact[] = [];
  const deafen = onFact((fact) => facts.push(fact));
  const stopping = new AbortController();
  const engine = dockerEngine({ address, host: 'here' });
  const file = (name: string): string => join(folder, `${name}.ndjson`);
  const runs: readonly Run[] = [
    pipeline('events', dockerEvents({ engine }), flattenEvent(), ndjsonFile({ path: file('events') })),
    pipeline('stats', dockerStats({ engine }), derive(), flattenStats(), ndjsonFile({ path: file('stats') })),
  ].map((each) => runPipeline(each, { stop: stopping.signal, backoff: { firstMs: 50, maxMs: 500 } }));
  const read = (name: string) => (): readonly Flat[] => {
    const text = readFileSync(file(name), 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Flat);
  };
  return {
    facts,
    events: read('events'),
    stats: read('stats'),
    connected: (times) =>
      becomes(() =>
        ['events', 'stats'].every(
          (name) =>
            facts.filter((fact) => fact.type === 'connected' && fact.pipeline === name).length >= times,
        ),
      ),
    stop: async () => {
      stopping.abort();
      const results = await Promise.all(runs.map(({ done }) => done));
      deafen();
      return results;
    },
  };
}

/** What tells one event from all others, as of a line of the engine's. */
export const identityOfFlat = (event: Flat): string =>
  [
    event['event_timeNano'],
    event['event_Type'],
    event['event_Action'],
    (event['event_Actor'] as { ID: string }).ID,
  ].join(' ');
/** An event without what the source asked the engine about it. */
export const withoutExit = (event: Flat): Flat =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !name.startsWith('event_exit_')));
/** The engine said it itself. */
export const isLive = (event: Flat): boolean => event['type'] !== 'gap' && event['synthetic'] !== true;
export const isOf = (name: string) => (line: Flat) => line['container'] === name;
export const isMark = (name: string) => (event: Flat) =>
  event['event_Type'] === 'volume' && JSON.stringify(event['event_Actor']).includes(`"${name}"`);
