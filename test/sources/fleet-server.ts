import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import {
  answerStream,
  pong,
  scriptedEngine,
  type Answer,
  type ScriptedEngine,
} from '../engine/scripted-engine.ts';

/** An engine whose containers, events and stats answers a test writes by hand. */
export interface FleetServer extends ScriptedEngine {
  /** Puts a container into the list; says nothing of it. */
  readonly list: (id: string, name?: string, more?: object) => void;
  /** Takes it off the list; says nothing of it. */
  readonly unlist: (id: string) => void;
  /** Says to all who listen that this happened to that container. */
  readonly tell: (action: string, id: string) => void;
  /** How its stats are answered from now on; without it: one reading, and then nothing. */
  readonly stats: Map<string, Answer>;
  /** How lists are answered from now on; as {@link FleetServer.list} says without it. */
  listing: Answer | undefined;
  /** What is listed at the moment, as the engine writes it. */
  readonly listed: () => readonly object[];
  /** How often there was a list. */
  readonly lists: () => number;
  /** Open `/events` answers. */
  readonly listeners: Set<ServerResponse>;
  /** Requests for stats so far: ids. */
  readonly askedFor: () => readonly string[];
}

/** Recorded readings of one container, as an engine wrote them; the first has no reading before it. */
export const READINGS: readonly string[] = readFileSync(
  new URL('../fixtures/docker/stats-mem-limit.docker-20.10-cgroupv1.ndjson', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n');

export const idOf = (number: number): string => number.toString(16).padStart(64, '0');

export async function fleetServer(apiVersion = '1.41', server?: string): Promise<FleetServer> {
  const containers = new Map<string, object>();
  const stats = new Map<string, Answer>();
  const listeners = new Set<ServerResponse>();
  let lists = 0;
  const engine = await scriptedEngine({
    answers: {
      '/_ping': pong(apiVersion, server),
      '/events': (response, request) => {
        answerStream(response, request);
        listeners.add(response);
        response.once('close', () => listeners.delete(response));
      },
      '/containers/json': (response, request) => {
        lists += 1;
        if (fleet.listing === undefined) response.end(JSON.stringify(fleet.listed()));
        else fleet.listing(response, request);
      },
      '*': (response, request) => {
        const id = /^\/containers\/(\w+)\/stats/.exec(request.url ?? '')?.[1] ?? '';
        const answer = stats.get(id);
        if (answer !== undefined) return answer(response, request);
        response.write(`${READINGS[0]!}\n`);
        if (request.url!.includes('stream=false')) response.end();
      },
    },
  });
  const fleet: FleetServer = {
    ...engine,
    list: (id, name = `name-${Number.parseInt(id, 16)}`, more = {}) => {
      containers.set(id, {
        Id: id,
        Names: [`/${name}`],
        Image: 'bb:1',
        ImageID: 'sha256:1',
        Labels: {},
        ...more,
      });
    },
    unlist: (id) => containers.delete(id),
    tell: (action, id) => {
      const event = {
        Type: 'container',
        Action: action,
        Actor: { ID: id, Attributes: {} },
        time: 1,
        timeNano: 1,
      };
      for (const listener of listeners) listener.write(`${JSON.stringify(event)}\n`);
    },
    stats,
    listing: undefined,
    listed: () => [...containers.values()],
    lists: () => lists,
    listeners,
    askedFor: () =>
      engine.requests.flatMap((request) => /\/containers\/(\w+)\/stats/.exec(request)?.[1] ?? []),
  };
  return fleet;
}
