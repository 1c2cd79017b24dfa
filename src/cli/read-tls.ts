import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { messageOf, PipelineError } from '../core/errors.ts';
import type { Tls } from '../http/server.ts';

export interface TlsFiles {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/** The certificate and key in these files; nothing where none are named. Errors `CONFIG_INVALID` where they are not right. */
export function readTls({ tlsCert, tlsKey }: TlsFiles): Tls | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw invalid('--tls-cert and --tls-key belong together: give both files');
  const tls = { cert: textIn('--tls-cert', tlsCert), key: textIn('--tls-key', tlsKey) };
  try {
    createSecureContext(tls);
  } catch (error) {
    throw invalid(
      `${tlsCert} and ${tlsKey} are no certificate and its key in PEM: ${messageOf(error)}`,
      error,
    );
  }
  return tls;
}

function textIn(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`${option}: ${messageOf(error)}`, error);
  }
}

const invalid = (message: string, cause?: unknown): PipelineError =>
  new PipelineError('CONFIG_INVALID', message, { cause });
