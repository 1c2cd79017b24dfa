import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { messageOf, PipelineError } from '../core/errors.ts';
import type { EngineFlavour } from '../records/container-stats.ts';
import { hostIn } from './address.ts';
import { readBody } from './body.ts';
import { findEndpoint } from './endpoint.ts';
import type { EndpointOptions } from './endpoint.ts';
import { requestFailure, statusFailure } from './failure.ts';
import { dial } from './transport.ts';
import type { Heeds, Query, Transport } from './transport.ts';

/** Options of {@link dockerEngine}. */
export interface EngineOptions extends EndpointOptions {
  /** What records of this engine carry as `host`. Default: the name in a tcp or ssh address, else this machine's. */
  readonly host?: string;
  /** How long to wait for an answer to begin. Default 45 s: a booting engine accepts long before it answers. */
  readonly headerTimeoutMs?: number;
}

/** A container engine, found and dialled anew on every `connect`. */
export interface Engine {
  /** The signal closes the connection, too: at any time, as its `close` does. */
  connect(signal: AbortSignal): Promise<EngineConnection>;
}

/** An engine that has answered. GET only, on the few paths below. Every promise rejects with a `PipelineError`. */
export interface EngineConnection {
  readonly address: string;
  readonly host: string;
  readonly flavour: EngineFlavour;
  /** Whether it is the simulated engine. */
  readonly simulated: boolean;
  /** Its newest API version as major * 1000 + minor: 1044 is 1.44. Zero when it does not say. */
  readonly apiVersion: number;
  /** Its clock when it answered, in ms since the epoch, whole seconds. */
  readonly clockMs: number;
  /** `GET /_ping`: its clock now, in the same way. */
  clock(signal: AbortSignal): Promise<number>;
  /** `GET /events`: one event a line, for as long as the engine lives. */
  events(query: Query, signal: AbortSignal): Promise<IncomingMessage>;
  /** `GET /containers/{id}/stats`: one reading a line. The signal ends it only before its answer has begun. */
  stats(id: string, query: Query, signal: AbortSignal): Promise<IncomingMessage>;
  /** `GET /containers/{id}/logs`: frames, or the bytes of a terminal. The signal ends it only before its answer has begun. */
  logs(id: string, query: Query, signal: AbortSignal): Promise<IncomingMessage>;
  /** `GET /containers/json`. */
  containers(query: Query, signal: AbortSignal): Promise<unknown>;
  /** `GET /containers/{id}/json`. */
  inspect(id: string, signal: AbortSignal, query?: Query): Promise<unknown>;
  /** `GET /info`. */
  info(signal: AbortSignal): Promise<unknown>;
  /** Ends all connections, those of open answers too. */
  close(): void;
}

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * An engine by its options; nothing is opened or read before `connect`.
 * Without options it is found as the docker CLI finds it, each time it is connected to.
 * Errors, of whatever reads it: `SOURCE_UNAVAILABLE` while it does not answer; `SOURCE_REFUSED` for a 4xx, and for no
 * permission and failing TLS before its first answer.
 *
 * @example
 * dockerEngine() // as DOCKER_HOST, the docker context or the sockets say
 * dockerEngine({ address: 'ssh://ops@web-1' })
 * dockerEngine({ address: 'tcp://db-1:2376', certPath: '/etc/dockrx/db-1', host: 'db-1' })
 */
export function dockerEngine(options: EngineOptions = {}): Engine {
  const { headerTimeoutMs, host } = options;
  if (headerTimeoutMs !== undefined && !(headerTimeoutMs > 0))
    throw new PipelineError(
      'CONFIG_INVALID',
      `dockerEngine: headerTimeoutMs must be above 0, not ${headerTimeoutMs}`,
    );
  let answeredBefore = false;
  return {
    async connect(signal) {
      const endpoint = await findEndpoint(options, process.env);
      const transport = dial(endpoint, headerTimeoutMs);
      const close = (): void => {
        signal.removeEventListener('abort', close);
        transport.close();
      };
      signal.addEventListener('abort', close);
      const ask = asker(endpoint.address, transport, () => answeredBefore);
      try {
        const pong = await ask('reach the engine', '/_ping', {}, signal);
        await checkPong(pong, endpoint.address);
        answeredBefore = true;
        return connection(
          endpoint.address,
          host ?? (hostIn(endpoint.address) || hostname()),
          pong,
          ask,
          close,
        );
      } catch (error) {
        close();
        throw error;
      }
    },
  };
}

type Ask = (
  what: string,
  path: string,
  query: Query,
  signal: AbortSignal,
  heeds?: Heeds,
) => Promise<IncomingMessage>;

function asker(address: string, transport: Transport, answeredBefore: () => boolean): Ask {
  return async (what, path, query, signal, heeds = 'until-ended') => {
    let answer: IncomingMessage;
    try {
      answer = await transport.get(path, query, signal, heeds);
    } catch (cause) {
      throw requestFailure(address, what, cause, answeredBefore());
    }
    if (answer.statusCode === 200 && !isPage(answer)) return answer;
    const body = await readBody(answer, 16_384).catch(() => '');
    throw statusFailure(address, what, answer.statusCode ?? 0, body);
  };
}

// Whatever else listens there would answer events and lists with who knows what.
async function checkPong(answer: IncomingMessage, address: string): Promise<void> {
  const text = await readBody(answer, 4096).catch(messageOf);
  if (text.trim() === 'OK' || answer.headers['api-version'] !== undefined) return;
  throw new PipelineError(
    'SOURCE_UNAVAILABLE',
    `what listens at ${address} is no container engine (it answered a ping with ${JSON.stringify(text.slice(0, 200))}): check the address`,
  );
}

// A proxy's page, whatever its status, is no engine's answer.
const isPage = (answer: IncomingMessage): boolean =>
  /^text\/html/i.test(answer.headers['content-type'] ?? '');

function connection(
  address: string,
  host: string,
  pong: IncomingMessage,
  ask: Ask,
  close: () => void,
): EngineConnection {
  const server = String(pong.headers['server'] ?? '');
  const json = async (what: string, path: string, query: Query, signal: AbortSignal): Promise<unknown> => {
    const answer = await ask(what, path, query, signal);
    try {
      return JSON.parse(await readBody(answer, MAX_BODY_BYTES)) as unknown;
    } catch (cause) {
      throw requestFailure(address, what, cause, true);
    }
  };
  return {
    address,
    host,
    flavour: server.startsWith('Libpod') ? 'podman' : 'docker',
    simulated: server.startsWith('dockrx-simulator'),
    apiVersion: versionIn(pong.headers['api-version']),
    clockMs: clockOf(pong),
    clock: async (signal) => {
      const answer = await ask('reach the engine', '/_ping', {}, signal);
      await checkPong(answer, address);
      return clockOf(answer);
    },
    events: (query, signal) => ask('read the events of the engine', '/events', query, signal),
    stats: (id, query, signal) =>
      ask(`read the stats of ${id} from the engine`, `/containers/${id}/stats`, query, signal, 'until-begun'),
    logs: (id, query, signal) =>
      ask(`read the log of ${id} from the engine`, `/containers/${id}/logs`, query, signal, 'until-begun'),
    containers: (query, signal) =>
      json('list the containers of the engine', '/containers/json', query, signal),
    inspect: (id, signal, query = {}) =>
      json(`inspect ${id} on the engine`, `/containers/${id}/json`, query, signal),
    info: (signal) => json('ask the engine about itself', '/info', {}, signal),
    close,
  };
}

/** The engine's by its header, whole seconds; ours where it has none. */
const clockOf = (answer: IncomingMessage): number => Date.parse(answer.headers['date'] ?? '') || Date.now();

function versionIn(header: string | string[] | undefined): number {
  const [major = '', minor = ''] = String(header ?? '').split('.');
  return Number.parseInt(major, 10) * 1000 + Number.parseInt(minor, 10) || 0;
}
