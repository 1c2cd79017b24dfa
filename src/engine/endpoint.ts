import { join } from 'node:path';
import { PipelineError } from '../core/errors.ts';
import { endpointOf } from './address.ts';
import type { Endpoint, TlsFiles } from './address.ts';
import {
  configFolder,
  contextEndpoint,
  currentContext,
  exists,
  homeOf,
  tlsFilesIn,
} from './docker-config.ts';
import type { Environment } from './docker-config.ts';

export interface EndpointOptions {
  /** As DOCKER_HOST: unix:///path, tcp://host:port, https://host:port or ssh://user@host. */
  readonly address?: string | undefined;
  /** The name of a docker context. */
  readonly context?: string | undefined;
  /** A folder with ca.pem, cert.pem and key.pem, as DOCKER_CERT_PATH; makes tcp addresses use TLS. */
  readonly certPath?: string | undefined;
}

/**
 * Finds the engine as the docker CLI does: the options, DOCKER_HOST, DOCKER_CONTEXT or the config's current context,
 * the default socket, Docker Desktop's and the rootless socket, Podman's sockets; the first that is there.
 */
export async function findEndpoint(options: EndpointOptions, env: Environment): Promise<Endpoint> {
  const { address, certPath } = options;
  if (address !== undefined)
    return endpointOf(address, 'the address option', certPath ? await tlsIn(certPath, true) : undefined);
  if (options.context !== undefined) return inContext(options.context, `context ${options.context}`, env);
  const host = env['DOCKER_HOST'];
  if (host) return endpointOf(host, 'DOCKER_HOST', await tlsByEnvironment(env, certPath));
  const context = env['DOCKER_CONTEXT'];
  if (context) return inContext(context, `DOCKER_CONTEXT ${context}`, env);
  const current = await currentContext(env);
  if (current !== undefined) return inContext(current, `current context ${current}`, env);
  return firstSocket(defaultSockets(env));
}

/** The sockets looked for when nothing names an engine, in this order. */
export function defaultSockets(env: Environment): readonly string[] {
  if (process.platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'];
  const home = homeOf(env);
  const runtime = env['XDG_RUNTIME_DIR'] || `/run/user/${process.getuid?.() ?? 0}`;
  return [
    '/var/run/docker.sock',
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(runtime, 'docker.sock'),
    join(runtime, 'podman/podman.sock'),
    '/run/podman/podman.sock',
  ];
}

/** The first of these sockets that is there. */
export async function firstSocket(sockets: readonly string[]): Promise<Endpoint> {
  const scheme = process.platform === 'win32' ? 'npipe' : 'unix';
  for (const socket of sockets)
    if (await exists(socket)) return { address: `${scheme}://${socket}`, from: 'default socket' };
  throw new PipelineError(
    'SOURCE_UNAVAILABLE',
    `no container engine found: none of ${sockets.join(', ')} exists; start Docker or Podman, or set DOCKER_HOST`,
  );
}

async function inContext(name: string, from: string, env: Environment): Promise<Endpoint> {
  return name === 'default' ? firstSocket(defaultSockets(env)) : contextEndpoint(name, from, env);
}

async function tlsByEnvironment(
  env: Environment,
  certPath: string | undefined,
): Promise<TlsFiles | undefined> {
  const named = certPath ?? env['DOCKER_CERT_PATH'];
  const verify = Boolean(env['DOCKER_TLS_VERIFY']) || certPath !== undefined;
  if (!verify && !env['DOCKER_TLS']) return undefined;
  return named ? tlsIn(named, verify) : tlsFilesIn(configFolder(env), verify);
}

/** Somebody named this folder: then something must be in it. */
async function tlsIn(folder: string, verify: boolean): Promise<TlsFiles> {
  const tls = await tlsFilesIn(folder, verify);
  if (tls.ca === undefined && tls.cert === undefined && tls.key === undefined)
    throw new PipelineError(
      'CONFIG_INVALID',
      `TLS is asked for, but ${folder} has none of ca.pem, cert.pem, key.pem; set DOCKER_CERT_PATH to the folder that has them`,
    );
  return tls;
}
