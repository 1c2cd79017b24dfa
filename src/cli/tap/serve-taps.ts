import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { createRoutes, sayText } from '../../http/routes.ts';
import type { Fleet } from '../fleet.ts';
import type { Log } from '../log.ts';
import { sweep } from './processes.ts';
import type { ProcessView } from './protocol.ts';
import { selectionOf } from './selection.ts';
import { makePrivate, socketFolders } from './socket-folder.ts';
import { streamTap } from './stream.ts';

const MAX_TAPS = 8;
const MAX_CONNECTIONS = 32;
/** What a socket's path may be long, on every system that has them. */
const MAX_PATH = 100;

/**
 * Answers those who look at this process, on a unix socket that only this user can reach: `/pipelines` and `/tap`, by GET,
 * and nothing that changes anything. Where no socket can be made the process runs on without. Returns its end.
 */
export async function serveTaps(fleet: Fleet, log: Log): Promise<() => Promise<void>> {
  const ends = new Set<(why: string) => void>();
  const routes = createRoutes(undefined);
  const failed = (error: unknown): void => log.debug(`a tap could not be answered: ${messageOf(error)}`);
  routes.add('/pipelines', (_request, response) => sayJson(response, viewOf(fleet)), failed);
  routes.add('/tap', (request, response) => answerTap(request, response, fleet, ends), failed);
  const server = createServer({ requestTimeout: 10_000 }, routes.answer);
  server.maxConnections = MAX_CONNECTIONS;
  const path = await listen(server, log);
  if (path === undefined) return () => Promise.resolve();
  const remove = (): void => rmSync(path, { force: true });
  process.once('exit', remove);
  return async () => {
    process.off('exit', remove);
    for (const end of [...ends]) end('the process ends');
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeIdleConnections();
      // Who does not read what is left for him is not waited for.
      setTimeout(() => server.closeAllConnections(), 200).unref();
    });
    remove();
  };
}

/** Listens in the first folder that can be used; tells why in none. */
async function listen(server: Server, log: Log): Promise<string | undefined> {
  const reasons: string[] = [];
  for (const folder of socketFolders())
    try {
      await makePrivate(folder);
      await sweep(folder);
      // Processes in containers may share the folder, and have the same number.
      const path = join(folder, `${process.pid}-${randomBytes(3).toString('hex')}.sock`);
      if (Buffer.byteLength(path) > MAX_PATH) throw new Error(`${path} is too long for a socket`);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
      server.removeAllListeners('error').on('error', () => undefined);
      return path;
    } catch (error) {
      server.removeAllListeners('error');
      reasons.push(messageOf(error));
    }
  log.debug(`pipeline tap cannot reach this process: ${reasons.join('; ')}`);
  return undefined;
}

function viewOf(fleet: Fleet): ProcessView {
  const under = fleet.runs().filter((run) => fleet.find(run.pipeline) === run);
  return {
    pid: process.pid,
    pipelines: under.map((run) => ({
      name: run.pipeline,
      stages: run.stages().map(({ kind, name }) => ({ kind, name })),
    })),
  };
}

function answerTap(
  request: IncomingMessage,
  response: ServerResponse,
  fleet: Fleet,
  ends: Set<(why: string) => void>,
): void {
  const query = new URL(request.url!, 'http://localhost').searchParams;
  const pipeline = query.get('pipeline') ?? '';
  const run = fleet.find(pipeline);
  if (run === undefined) return sayText(response, 404, `no pipeline '${pipeline}' runs here`);
  if (ends.size >= MAX_TAPS) return sayText(response, 503, `${MAX_TAPS} taps look at this process already`);
  if (request.method === 'HEAD') return void response.end();
  try {
    const wanted = { pipeline, stage: query.get('stage') ?? undefined, ...selectionOf(query) };
    const end = streamTap(response, fleet, run, wanted);
    ends.add(end);
    response.once('close', () => ends.delete(end));
  } catch (error) {
    sayText(response, 400, messageOf(error));
  }
}

function sayJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify(value)}\n`);
}
