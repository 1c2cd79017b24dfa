import Docker from 'dockerode';
import { Agent as HttpAgent } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { inspect } from 'node:util';
import { PipelineError } from '../core/errors.ts';
import { hostIn } from './address.ts';
import type { Endpoint } from './address.ts';
import { sshAgent } from './ssh.ts';

/** A booting daemon accepts at once and answers after ten seconds and more. */
export const HEADER_TIMEOUT_MS = 45_000;

/** Nothing but these is ever asked, and only by GET. */
const PATHS = /^\/(_ping|version|info|events|containers\/json|containers\/[\w.-]+\/(json|stats|logs))$/;

/** The parameters of a request; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** How long a request heeds its signal. */
export type Heeds = 'until-begun' | 'until-ended';

export interface Transport {
  /**
   * Sends a GET and resolves with the answer as soon as its headers are there, whatever its status. The signal ends
   * it, until the answer has begun or has ended: thousands of answers that listen to one signal cost more than the
   * signal saves where `close` ends them all.
   */
  get(path: string, query: Query, signal: AbortSignal, heeds: Heeds): Promise<IncomingMessage>;
  /** Closes all connections, those of open answers too. */
  readonly close: () => void;
}

/** Dials an endpoint over dockerode. No API version is ever pinned: the engine answers as its newest. */
export function dial(endpoint: Endpoint, headerTimeoutMs: number = HEADER_TIMEOUT_MS): Transport {
  const { options, agent } = dockerodeOptions(endpoint);
  let isClosed = false;
  hideFromInspection(agent);
  beforeEach(agent, (request) => {
    refuseRedirect(request);
    // An agent that has been destroyed would go on opening connections, and nobody would close them.
    if (isClosed) throw new Error('the connection is closed');
  });
  const { modem } = withoutEnvironment(() => new Docker(options)) as { modem: Modem };
  return {
    get(path, query, signal, heeds) {
      if (!PATHS.test(path)) throw new PipelineError('CONFIG_INVALID', `the engine client asks no ${path}`);
      return request(modem, path, query, { signal, heeds, timeoutMs: headerTimeoutMs });
    },
    close() {
      isClosed = true;
      agent.destroy();
    },
  };
}

interface Modem {
  dial(
    options: {
      readonly path: string;
      readonly method: 'GET';
      readonly isStream: true;
      readonly options: Query;
      readonly statusCodes: Readonly<Record<number, boolean>>;
      readonly abortSignal: AbortSignal;
    },
    callback: (error: Error | null, answer: IncomingMessage) => void,
  ): void;
}

// dockerode would read the body of an unexpected status into memory without bound: every status is expected here.
const ANY_STATUS = new Proxy<Record<number, boolean>>({}, { get: () => true });

interface Waiting {
  readonly signal: AbortSignal;
  readonly heeds: Heeds;
  readonly timeoutMs: number;
}

function request(
  modem: Modem,
  path: string,
  query: Query,
  { signal, heeds, timeoutMs }: Waiting,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const aborting = new AbortController();
    let late = false;
    const abort = (): void => aborting.abort();
    const timer = setTimeout(() => {
      late = true;
      abort();
    }, timeoutMs);
    signal.addEventListener('abort', abort);
    const release = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    if (signal.aborted) abort();
    const options = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    modem.dial(
      {
        path: `${path}?`,
        method: 'GET',
        isStream: true,
        options,
        statusCodes: ANY_STATUS,
        abortSignal: aborting.signal,
      },
      (error, answer) => {
        clearTimeout(timer);
        if (error === null) {
          // A connection that is closed makes the answer emit an error; without a listener that would end the process.
          answer.on('error', () => undefined);
          if (heeds === 'until-begun') release();
          else answer.once('close', release);
          resolve(answer);
          return;
        }
        release();
        reject(late ? new Error(`it did not answer within ${timeoutMs / 1000} s`) : error);
      },
    );
  });
}

function dockerodeOptions({ address, tls }: Endpoint): { options: Docker.DockerOptions; agent: HttpAgent } {
  const keptAlive = { keepAlive: true, keepAliveMsecs: 15_000 };
  // An explicit `undefined` keeps dockerode from taking these from its defaults.
  const none = { host: undefined, port: undefined, socketPath: undefined } as unknown as Docker.DockerOptions;
  const path = /^(?:unix|npipe):\/\/(.*)$/.exec(address)?.[1];
  if (path !== undefined) {
    const agent = new HttpAgent(keptAlive);
    return { options: { ...none, socketPath: path, agent } as Docker.DockerOptions, agent };
  }
  const url = new URL(address);
  if (url.protocol === 'ssh:') {
    const agent = sshAgent(address);
    return { options: { ...none, host: 'docker', protocol: 'http', agent } as Docker.DockerOptions, agent };
  }
  const agent =
    tls === undefined
      ? new HttpAgent(keptAlive)
      : new HttpsAgent({
          ...keptAlive,
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          rejectUnauthorized: tls.verify,
        });
  const protocol = tls === undefined ? 'http' : 'https';
  return {
    options: { ...none, host: hostIn(address), port: url.port, protocol, agent } as Docker.DockerOptions,
    agent,
  };
}

/** Has a look at each request before the agent has; an error that it throws is the request's. */
function beforeEach(agent: HttpAgent, look: (request: ClientRequest) => void): void {
  const open = agent as HttpAgent & { addRequest(request: ClientRequest, ...rest: unknown[]): void };
  const addRequest = open.addRequest.bind(agent);
  open.addRequest = (request, ...rest) => {
    look(request);
    addRequest(request, ...rest);
  };
}

// dockerode would follow a redirect to whatever host it names, and where that fails the process would end. It sees
// no redirect in an answer that says not where to.
function refuseRedirect(request: ClientRequest): void {
  request.prependOnceListener('response', ({ headers }) => delete headers.location);
}

// dockerode describes every request in full for a debug log that nobody reads: with the agent, that is every open
// socket with all it refers to, for every request again. A thousand streams would never get open.
function hideFromInspection(agent: HttpAgent): void {
  Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' });
}

// dockerode mixes DOCKER_HOST and its kin into whatever it is given, and throws when they are wrong.
function withoutEnvironment<T>(make: () => T): T {
  const names = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_CLIENT_TIMEOUT'];
  const kept = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) Reflect.deleteProperty(process.env, name);
  try {
    return make();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) process.env[name] = value;
  }
}
