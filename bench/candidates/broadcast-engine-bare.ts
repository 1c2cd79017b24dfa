import Docker from 'dockerode';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { jsonLines } from './bare.ts';
import { broadcastEngine } from './broadcast-engine.ts';
import { measured } from './measure.ts';

const BATCH_MS = 5;

interface RawEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
}

/** A record with its exact time, as a line of JSON. */
function recordLine(line: string): string {
  const { Type: type, Action: action, Actor, scope } = JSON.parse(line) as RawEvent;
  const at = line.lastIndexOf('"timeNano":') + 11;
  const timeNano = line.slice(at, at + 19);
  const time = `${new Date(Number(timeNano.slice(0, 10)) * 1_000).toISOString().slice(0, 19)}.${timeNano.slice(10)}Z`;
  const { ID: id, Attributes: attributes } = Actor;
  return JSON.stringify({
    ...{ kind: 'docker-event', host: 'bench', time, timeNano, type, action, id, attributes, scope },
  });
}

// The loop that a competent person writes by hand: what comes within 5 ms is sent together.
await measured((job) =>
  broadcastEngine(job, async (socketPath) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws', perMessageDeflate: false });
    await once(server, 'listening');
    let batch: string[] = [];
    const flush = (): void => {
      const message = Buffer.from(batch.join('\n'));
      batch = [];
      for (const client of server.clients) client.send(message, { binary: false });
    };
    const stream = (await new Docker({ socketPath }).getEvents()) as unknown as IncomingMessage;
    stream.on(
      'data',
      jsonLines((line) => {
        if (batch.length === 0) setTimeout(flush, BATCH_MS);
        batch.push(recordLine(line));
      }),
    );
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
  }),
);
