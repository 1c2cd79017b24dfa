import type { IncomingMessage } from 'node:http';
import { messageOf } from '../core/errors.ts';
import type { Endpoint } from './address.ts';
import { readBody } from './body.ts';
import { exists } from './docker-config.ts';
import type { Environment } from './docker-config.ts';
import { dockerEngine } from './engine.ts';
import { defaultSockets, findEndpoint } from './endpoint.ts';
import { dial } from './transport.ts';
import type { Query, Transport } from './transport.ts';

/** What sources ask of an engine, and its version. */
export type Question = 'ping' | 'version' | 'info' | 'events' | 'list' | 'inspect' | 'stats' | 'logs';

/** What came of a question. */
export interface Answered {
  /** Nothing where no answer began. */
  readonly status: number | undefined;
  /** How long until it began. */
  readonly ms: number;
  /** When half of that had passed, by this machine's clock. */
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for what may hold secrets: events and logs. */
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
  /** None where there is no engine. */
  readonly answers: Readonly<Partial<Record<Question, Answered>>>;
}

/** A name that is allowed and that no container has. */
const NO_CONTAINER = 'dockrx-doctor-asks-for-none';
const MAX_BYTES = 16 * 1024 * 1024;
const STREAM_MS = 1_000;

/** Asks what sources ask, each thing once, by GET; each answer is waited for so long at most. Never rejects. */
export async function examineEngine(env: Environment, patienceMs = 10_000): Promise<EngineSeen> {
  let endpoint: Endpoint | undefined;
  const otherSockets: string[] = [];
  try {
    endpoint = await findEndpoint({}, env);
    for (const socket of endpoint.from === 'default socket' ? defaultSockets(env) : [])
      if (endpoint.address !== `unix://${socket}` && (await exists(socket))) otherSockets.push(socket);
    const engine = dockerEngine({ headerTimeoutMs: patienceMs });
    (await engine.connect(new AbortController().signal)).close();
  } catch (error) {
    return { ...(endpoint && { endpoint }), otherSockets, refusal: refusalOf(error), answers: {} };
  }
  const transport = dial(endpoint, patienceMs);
  try {
    return { endpoint, otherSockets, answers: await askAll(transport, patienceMs) };
  } finally {
    transport.close();
  }
}

function refusalOf(error: unknown): { readonly message: string; readonly code: string } {
  const { code, status = '' } = Object((error as Error).cause) as { code?: unknown; status?: number };
  return { message: messageOf(error), code: typeof code === 'string' ? code : String(status) };
}

type Read = (answer: IncomingMessage) => Promise<string>;

async function askAll(transport: Transport, patienceMs: number): Promise<EngineSeen['answers']> {
  const answers: Partial<Record<Question, Answered>> = {};
  const whole: Read = (answer) => readBody(answer, MAX_BYTES, patienceMs);
  const ask = async (question: Question, path: string, query: Query = {}, read = whole): Promise<void> => {
    answers[question] = await answered(transport, path, query, (answer) =>
      (answer.statusCode === 200 ? read : whole)(answer),
    );
  };
  await ask('ping', '/_ping');
  await ask('list', '/containers/json', { all: true });
  const { running, any } = containersIn(answers.list?.body ?? '');
  await Promise.all([
    ask('version', '/version'),
    ask('info', '/info'),
    ask('events', '/events', {}, lasting),
    // Of a real one it would tell the environment.
    ask('inspect', `/containers/${NO_CONTAINER}/json`),
    ask('stats', `/containers/${running ?? NO_CONTAINER}/stats`, { stream: false, 'one-shot': true }),
    ask('logs', `/containers/${any ?? NO_CONTAINER}/logs`, { stdout: true, tail: 1 }, (answer) => {
      answer.destroy();
      return Promise.resolve('');
    }),
  ]);
  return answers;
}

async function answered(transport: Transport, path: string, query: Query, read: Read): Promise<Answered> {
  const beginMs = Date.now();
  const begin = performance.now();
  const took = (): { readonly ms: number; readonly atMs: number } => {
    const ms = performance.now() - begin;
    return { ms, atMs: beginMs + ms / 2 };
  };
  try {
    const answer = await transport.get(path, query, new AbortController().signal, 'until-begun');
    const { statusCode: status } = answer;
    const fields = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
    const seen = { status, ...took(), headers: Object.fromEntries(fields) as Record<string, string> };
    try {
      return { ...seen, body: await read(answer) };
    } catch (error) {
      return { ...seen, body: '', failure: messageOf(error) };
    }
  } catch (error) {
    return { status: undefined, ...took(), headers: {}, body: '', failure: messageOf(error) };
  }
}

/** Looks at a stream for a second, in which it may not end. */
function lasting(answer: IncomingMessage): Promise<string> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve('');
      answer.destroy();
    }, STREAM_MS);
    answer.resume().once('close', () => {
      clearTimeout(timer);
      reject(new Error(`the stream ended after ${Math.round(performance.now() - begin)} ms, and must last`));
    });
  });
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
