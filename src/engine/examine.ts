import type { IncomingMessage } from 'node:http';
import { messageOf } from '../core/errors.ts';
import type { Endpoint } from './address.ts';
import { readBody } from './body.ts';
import { dockerEngine } from './engine.ts';
import { defaultSockets, findEndpoint } from './endpoint.ts';
import { exists } from './docker-config.ts';
import type { Environment } from './docker-config.ts';
import { dial } from './transport.ts';
import type { Query, Transport } from './transport.ts';

/** What is asked of an engine, one after the other what sources ask. */
export const QUESTIONS = ['ping', 'version', 'info', 'events', 'list', 'inspect', 'stats', 'logs'] as const;
export type Question = (typeof QUESTIONS)[number];

/** What came of a question. */
export interface Answered {
  /** Nothing where no answer began. */
  readonly status: number | undefined;
  /** How long until it began. */
  readonly ms: number;
  /** When half of that had passed, by this machine's clock. */
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Its first 16 MiB; nothing of those that may hold secrets. */
  readonly body: string;
  /** Why there is no answer, or no whole one. */
  readonly failure?: string;
}

/** What was seen of the engine that sources find by default. */
export interface EngineSeen {
  readonly endpoint?: Endpoint;
  /** Sockets that would be found too, behind the one that is used. */
  readonly otherSockets: readonly string[];
  /** Why there is no engine: for people, and by the code of the system or the status of the answer. */
  readonly refusal?: { readonly message: string; readonly code: string };
  readonly answers: Partial<Readonly<Record<Question, Answered>>>;
  /** Whether a stream of events begins, and how long it lasted, where that was less than a second. */
  readonly stream?: StreamSeen;
}

export interface StreamSeen extends Answered {
  readonly cutAfterMs?: number;
}

/** What an engine knows of no container, by any name that is allowed. */
const NO_CONTAINER = 'dockrx-doctor-asks-for-none';
const MAX_BYTES = 16 * 1024 * 1024;
const STREAM_MS = 1_000;

/** Asks what sources ask, each thing once, by GET; each answer is waited for so long at most. Never rejects. */
export async function examineEngine(env: Environment, patienceMs = 10_000): Promise<EngineSeen> {
  const answers: Partial<Record<Question, Answered>> = {};
  const otherSockets: string[] = [];
  let endpoint: Endpoint;
  try {
    endpoint = await findEndpoint({}, env);
    for (const socket of endpoint.from === 'default socket' ? defaultSockets(env) : [])
      if (endpoint.address !== `unix://${socket}` && (await exists(socket))) otherSockets.push(socket);
  } catch (error) {
    return { otherSockets, refusal: refusalOf(error), answers };
  }
  try {
    const connection = await dockerEngine({ headerTimeoutMs: patienceMs }).connect(
      new AbortController().signal,
    );
    connection.close();
  } catch (error) {
    return { endpoint, otherSockets, refusal: refusalOf(error), answers };
  }
  const transport = dial(endpoint, patienceMs);
  const ask = async (question: Question, path: string, query: Query = {}): Promise<Answered> =>
    (answers[question] = await answered(transport, path, query, wholeBody(patienceMs)));
  try {
    await ask('ping', '/_ping');
    await ask('list', '/containers/json', { all: true });
    const { running, any } = containersIn(answers.list?.body ?? '');
    const [stream] = await Promise.all([
      streamOf(transport),
      ask('version', '/version'),
      ask('info', '/info'),
      ask('events', '/events', { since: '0', until: String(Math.floor(Date.now() / 1_000)) }),
      // Of a real one it would tell the environment.
      ask('inspect', `/containers/${NO_CONTAINER}/json`),
      ask('stats', `/containers/${running ?? NO_CONTAINER}/stats`, { stream: false, 'one-shot': true }),
      answered(
        transport,
        `/containers/${any ?? NO_CONTAINER}/logs`,
        { stdout: true, tail: 1 },
        errorsOnly,
      ).then((seen) => (answers.logs = seen)),
    ]);
    return { endpoint, otherSockets, answers, stream };
  } finally {
    transport.close();
  }
}

function refusalOf(error: unknown): { readonly message: string; readonly code: string } {
  const { code, status = '' } = Object((error as Error).cause) as { code?: unknown; status?: number };
  return { message: messageOf(error), code: typeof code === 'string' ? code : String(status) };
}

type Read = (answer: IncomingMessage) => Promise<string>;

const wholeBody =
  (withinMs: number): Read =>
  (answer) =>
    readBody(answer, MAX_BYTES, withinMs);

/** What containers have written is none of our business. */
const errorsOnly: Read = async (answer) => {
  if (answer.statusCode !== 200) return readBody(answer, MAX_BYTES, STREAM_MS);
  answer.destroy();
  return '';
};

async function answered(transport: Transport, path: string, query: Query, read: Read): Promise<Answered> {
  const beginMs = Date.now();
  const begin = performance.now();
  const took = (): { readonly ms: number; readonly atMs: number } => {
    const ms = performance.now() - begin;
    return { ms, atMs: beginMs + ms / 2 };
  };
  try {
    const answer = await transport.get(path, query, new AbortController().signal, 'until-begun');
    const seen = {
      status: answer.statusCode,
      ...took(),
      headers: Object.fromEntries(
        Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
      ),
    };
    try {
      return { ...seen, body: await read(answer) };
    } catch (error) {
      return { ...seen, body: '', failure: messageOf(error) };
    }
  } catch (error) {
    return { status: undefined, ...took(), headers: {}, body: '', failure: messageOf(error) };
  }
}

/** A stream is expected to last: it is looked at for a second. */
async function streamOf(transport: Transport): Promise<StreamSeen> {
  let cutAfterMs: number | undefined;
  const seen = await answered(transport, '/events', {}, async (answer) => {
    if (answer.statusCode !== 200) return readBody(answer, MAX_BYTES, STREAM_MS);
    const begin = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, STREAM_MS);
      answer.resume().once('close', () => {
        clearTimeout(timer);
        cutAfterMs = performance.now() - begin;
        resolve();
      });
    });
    answer.destroy();
    return '';
  });
  return { ...seen, ...(cutAfterMs !== undefined && { cutAfterMs }) };
}

/** A container that runs, and one that need not. */
function containersIn(body: string): {
  readonly running?: string | undefined;
  readonly any?: string | undefined;
} {
  try {
    const list = JSON.parse(body) as readonly { readonly Id?: unknown; readonly State?: unknown }[];
    const known = list.filter(({ Id }) => typeof Id === 'string' && /^[\da-f]{12,64}$/.test(Id));
    const running = known.find(({ State }) => State === 'running')?.Id as string | undefined;
    return { running, any: running ?? (known[0]?.Id as string | undefined) };
  } catch {
    return {};
  }
}
