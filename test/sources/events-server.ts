import type { ServerResponse } from 'node:http';
import {
  answerJson,
  answerStream,
  pong,
  scriptedEngine,
  type Answer,
  type ScriptedEngine,
} from '../engine/scripted-engine.ts';

/** An engine whose `/events` a test writes by hand. */
export interface EventsServer extends ScriptedEngine {
  /** The query of each stream of `/events` so far. */
  readonly asked: readonly URLSearchParams[];
  /** The lines that are answered to who asks for the past, `until` a time, instead of a stream; of the types asked for. */
  ring: readonly string[];
  /** Whether it leaves every other question without an answer. */
  hangs: boolean;
  /** What it answers with an error of its own. */
  fails: 'past' | 'list' | undefined;
  /** Requests for the past so far; `stream=false` is Podman's way. */
  readonly audits: readonly URLSearchParams[];
  /** Resolves with the n-th stream, its headers sent; from 1. */
  readonly answered: (n: number) => Promise<ServerResponse>;
}

const BROKEN = { message: 'broken' };

export async function eventsServer(ping: Answer = pong(), tcp = false): Promise<EventsServer> {
  const asked: URLSearchParams[] = [];
  const audits: URLSearchParams[] = [];
  const answers: ServerResponse[] = [];
  const waiting = new Map<number, (response: ServerResponse) => void>();
  const engine = await scriptedEngine({
    tcp,
    answers: {
      '/_ping': ping,
      '/containers/json': (response, request) => {
        const isBroken = server.fails === 'list';
        answerJson(isBroken ? BROKEN : [], isBroken ? 500 : 200)(response, request);
      },
      '*': (response, request) => {
        if (!server.hangs) answerJson({ message: 'not found' }, 404)(response, request);
      },
      '/events': (response, request) => {
        const query = new URLSearchParams((request.url ?? '').split('?')[1]);
        if (query.has('until') || query.get('stream') === 'false') {
          audits.push(query);
          if (server.fails === 'past') return answerJson(BROKEN, 500)(response, request);
          response.end(
            ofTypes(query, server.ring)
              .map((line) => `${line}\n`)
              .join(''),
          );
          return;
        }
        asked.push(query);
        answerStream(response, request);
        answers.push(response);
        waiting.get(answers.length)?.(response);
      },
    },
  });
  const server: EventsServer = {
    ...engine,
    asked,
    audits,
    ring: [],
    hangs: false,
    fails: undefined,
    answered: (n) => {
      const there = answers[n - 1];
      return there === undefined ? new Promise((resolve) => waiting.set(n, resolve)) : Promise.resolve(there);
    },
  };
  return server;
}

function ofTypes(query: URLSearchParams, lines: readonly string[]): readonly string[] {
  const { type } = JSON.parse(query.get('filters') ?? '{}') as { readonly type?: readonly string[] };
  return lines.filter((line) => type?.includes((JSON.parse(line) as { Type: string }).Type) ?? true);
}

/** A ping that says it is so late at the engine, in seconds since the epoch. */
export const pongAt =
  (seconds: number, server?: string): Answer =>
  (response, request) => {
    response.setHeader('Date', new Date(seconds * 1000).toUTCString());
    pong('1.41', server)(response, request);
  };

/** A line of `/events`. */
export const eventLine = (nano: bigint | string, more: object = {}): string =>
  JSON.stringify({
    Type: 'container',
    Action: 'start',
    Actor: { ID: 'abc', Attributes: { image: 'bb:1', name: 'web' } },
    scope: 'local',
    time: Number(String(nano).slice(0, -9)),
    ...more,
  }).replace(/\}$/, `,"timeNano":${nano}}`);
