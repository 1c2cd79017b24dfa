import type { ServerResponse } from 'node:http';
import {
  answerStream,
  pong,
  scriptedEngine,
  type Answer,
  type ScriptedEngine,
} from '../engine/scripted-engine.ts';

/** An engine whose `/events` a test writes by hand. */
export interface EventsServer extends ScriptedEngine {
  /** The query of each `/events` request so far. */
  readonly asked: readonly URLSearchParams[];
  /** Resolves with the n-th `/events` answer, its headers sent; from 1. */
  readonly answered: (n: number) => Promise<ServerResponse>;
}

export async function eventsServer(ping: Answer = pong(), tcp = false): Promise<EventsServer> {
  const asked: URLSearchParams[] = [];
  const answers: ServerResponse[] = [];
  const waiting = new Map<number, (response: ServerResponse) => void>();
  const engine = await scriptedEngine({
    tcp,
    answers: {
      '/_ping': ping,
      '/events': (response, request) => {
        asked.push(new URLSearchParams((request.url ?? '').split('?')[1]));
        answerStream(response, request);
        answers.push(response);
        waiting.get(answers.length)?.(response);
      },
    },
  });
  return {
    ...engine,
    asked,
    answered: (n) => {
      const there = answers[n - 1];
      return there === undefined ? new Promise((resolve) => waiting.set(n, resolve)) : Promise.resolve(there);
    },
  };
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
