import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, PipelineError } from '../core/errors.ts';

/** Where an engine is and how it is spoken to. */
export interface Endpoint {
  /** unix:///path, npipe:////./pipe/name, tcp://host:port or ssh://user@host. */
  readonly address: string;
  /** What named it, for people: an option, a variable, a context, a default. */
  readonly from: string;
  /** Only for tcp. */
  readonly tls?: TlsFiles | undefined;
}

export interface TlsFiles {
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Whether the engine's certificate must be valid for its name. */
  readonly verify: boolean;
}

export interface EndpointOptions {
  /** As DOCKER_HOST: unix:///path, tcp://host:port, https://host:port or ssh://user@host. */
  readonly address?: string | undefined;
  /** The name of a docker context. */
  readonly context?: string | undefined;
  /** A folder with ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH; makes tcp addresses use TLS. */
  readonly certPath?: string | undefined;
}

/** The environment variables read here, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the engine as the docker CLI does: the options, DOCKER_HOST, DOCKER_CONTEXT or the config's current context,
 * the default socket, Docker Desktop's and the rootless socket, Podman's sockets; the first that is there.
 */
export async function findEndpoint(options: EndpointOptions, env: Environment): Promise<Endpoint> {
  const certPath = options.certPath;
  if (options.address !== undefined)
    return named(options.address, 'the address option', certPath && (await tlsIn(certPath, true)));
  if (options.context !== undefined) return inContext(options.context, `context ${options.context}`, env);
  const host = env['DOCKER_HOST'];
  if (host) return named(host, 'DOCKER_HOST', await tlsByEnvironment(env, certPath));
  const context = env['DOCKER_CONTEXT'];
  if (context) return inContext(context, `DOCKER_CONTEXT ${context}`, env);
  const current = await currentContext(env);
  if (current !== undefined) return inContext(current, `current context ${current}`, env);
  return firstSocket(env);
}

/** The sockets looked for when nothing names an engine, in this order. */
export function defaultSockets(env: Environment): readonly string[] {
  if (process.platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'];
  const home = homeOf(env);
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
  return [
    '/var/run/docker.sock',
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(runtime, 'docker.sock'),
    join(runtime, 'podman/podman.sock'),
    '/run/podman/podman.sock',
  ];
}

async function firstSocket(env: Environment): Promise<Endpoint> {
  const sockets = defaultSockets(env);
  const scheme = process.platform === 'win32' ? 'npipe' : 'unix';
  for (const socket of sockets)
    if (await exists(socket)) return { address: `${scheme}://${socket}`, from: 'default socket' };
  throw new PipelineError(
    'SOURCE_UNAVAILABLE',
    `no container engine found: none of ${sockets.join(', ')} exists; start Docker or Podman, or set DOCKER_HOST`,
  );
}

function named(address: string, from: string, tls: TlsFiles | '' | undefined): Endpoint {
  const full = address.includes('://') ? address : `tcp://${address}`;
  const scheme = full.slice(0, full.indexOf('://'));
  if (scheme === 'unix' || scheme === 'npipe') {
    const path = full.slice(scheme.length + 3);
    return { address: `${scheme}://${path || '/var/run/docker.sock'}`, from };
  }
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !['tcp', 'http', 'https', 'ssh'].includes(scheme) || url.hostname === '')
    throw new PipelineError(
      'CONFIG_INVALID',
      `${from} is ${JSON.stringify(address)}; it must be unix:///path, tcp://host:port, https://host:port or ssh://user@host`,
    );
  if (scheme === 'ssh') return { address: full, from };
  const secure = tls || (scheme === 'https' ? { verify: true } : undefined);
  const port = url.port || (scheme === 'https' ? '443' : secure ? '2376' : scheme === 'http' ? '80' : '2375');
  return { address: `tcp://${url.hostname}:${port}`, from, tls: secure };
}

async function tlsByEnvironment(
  env: Environment,
  certPath: string | undefined,
): Promise<TlsFiles | undefined> {
  const verify = Boolean(env['DOCKER_TLS_VERIFY']);
  if (!verify && !env['DOCKER_TLS'] && certPath === undefined) return undefined;
  return tlsIn(certPath ?? (env['DOCKER_CERT_PATH'] || configFolder(env)), verify || certPath !== undefined);
}

async function tlsIn(folder: string, verify: boolean): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readIfThere(join(folder, file))),
  );
  if (ca === undefined && cert === undefined && key === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `TLS is asked for, but ${folder} has none of ca.pem, cert.pem, key.pem; set DOCKER_CERT_PATH to the folder that has them`,
    );
  return { ca, cert, key, verify };
}

async function currentContext(env: Environment): Promise<string | undefined> {
  const file = join(configFolder(env), 'config.json');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const name = (parse(text, file) as { currentContext?: unknown } | null)?.currentContext;
  return typeof name === 'string' && name !== '' && name !== 'default' ? name : undefined;
}

interface ContextMeta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

async function inContext(name: string, from: string, env: Environment): Promise<Endpoint> {
  if (name === 'default') return firstSocket(env);
  const id = createHash('sha256').update(name).digest('hex');
  const folder = join(configFolder(env), 'contexts');
  const file = join(folder, 'meta', id, 'meta.json');
  const text = await readIfThere(file);
  const docker = text && (parse(text, file) as ContextMeta | null)?.Endpoints?.docker;
  if (!docker || typeof docker.Host !== 'string')
    throw new PipelineError(
      'CONFIG_INVALID',
      `${from}: there is no such docker context with an endpoint (looked for ${file}); see 'docker context ls'`,
    );
  const certs = join(folder, 'tls', id, 'docker');
  const tls = (await exists(certs)) ? await tlsIn(certs, docker.SkipTLSVerify !== true) : undefined;
  return named(docker.Host, from, tls);
}

const homeOf = (env: Environment): string => env['HOME'] ?? homedir();
const configFolder = (env: Environment): string => env['DOCKER_CONFIG'] ?? join(homeOf(env), '.docker');

function parse(text: Buffer, file: string): unknown {
  try {
    return JSON.parse(text.toString());
  } catch (cause) {
    throw new PipelineError('CONFIG_INVALID', `${file} is not JSON; mend or remove it`, { cause });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => !isMissing(error),
  );

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new PipelineError('CONFIG_INVALID', `cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
