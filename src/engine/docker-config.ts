import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, PipelineError } from '../core/errors.ts';
import { endpointOf } from './address.ts';
import type { Endpoint, TlsFiles } from './address.ts';

/** The environment variables read here, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const homeOf = (env: Environment): string => env['HOME'] || homedir();

/** The folder of the docker CLI's config. */
export const configFolder = (env: Environment): string =>
  env['DOCKER_CONFIG'] || join(homeOf(env), '.docker');

/** The context that `docker context use` has chosen, if any. */
export async function currentContext(env: Environment): Promise<string | undefined> {
  const file = join(configFolder(env), 'config.json');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const name = (parse(text, file) as { currentContext?: unknown } | null)?.currentContext;
  return typeof name === 'string' && name !== '' && name !== 'default' ? name : undefined;
}

interface ContextMeta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

/** The endpoint of a docker context; `from` says who named it. */
export async function contextEndpoint(name: string, from: string, env: Environment): Promise<Endpoint> {
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
  const verify = docker.SkipTLSVerify !== true;
  const certs = join(folder, 'tls', id, 'docker');
  const isSecure = !verify || (await exists(certs));
  return endpointOf(docker.Host, from, isSecure ? await tlsFilesIn(certs, verify) : undefined);
}

/** The certificates in a folder, those that are there. */
export async function tlsFilesIn(folder: string, verify: boolean): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readIfThere(join(folder, file))),
  );
  return { ca, cert, key, verify };
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: unknown) => !isMissing(error),
  );

function parse(text: Buffer, file: string): unknown {
  try {
    return JSON.parse(text.toString());
  } catch (cause) {
    throw new PipelineError('CONFIG_INVALID', `${file} is not JSON; mend or remove it`, { cause });
  }
}

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
