import { PipelineError } from '../core/errors.ts';

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
  /** Without it the authorities are trusted that Node knows. */
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Whether the engine's certificate must be valid for its name. */
  readonly verify: boolean;
}

/**
 * An address as people write it, in full: with its scheme, host and port, as the docker CLI completes them.
 * `from` says who wrote it; throws CONFIG_INVALID when it is wrong.
 */
export function endpointOf(given: string, from: string, tls: TlsFiles | undefined): Endpoint {
  const text = given.trim();
  const full = text.includes('://') || text === '' ? text : `tcp://${text}`;
  const scheme = full.slice(0, Math.max(0, full.indexOf('://')));
  const rest = full.slice(scheme.length + 3);
  if (scheme === 'unix' || scheme === 'npipe')
    return { address: `${scheme}://${rest || '/var/run/docker.sock'}`, from };
  if (scheme === 'ssh' && hostIn(full)) return { address: full, from };
  const url = urlOf(/^(:|$)/.test(rest) ? `${scheme}://localhost${rest}` : full);
  if (!['tcp', 'http', 'https'].includes(scheme) || !url || url.hostname === '' || hasPath(url))
    throw new PipelineError(
      'CONFIG_INVALID',
      `${from} is ${JSON.stringify(given)}; it must be unix:///path, tcp://host:port, https://host:port or ssh://user@host`,
    );
  const secure = tls ?? (scheme === 'https' ? { verify: true } : undefined);
  const port = url.port || (scheme === 'https' ? '443' : secure ? '2376' : scheme === 'http' ? '80' : '2375');
  return { address: `tcp://${url.hostname}:${port}`, from, tls: secure };
}

/** The host named in an address, without the brackets of IPv6; empty when it names none. */
export function hostIn(address: string): string {
  if (/^(?:unix|npipe):/.test(address)) return '';
  return (urlOf(address)?.hostname ?? '').replace(/^\[|\]$/g, '');
}

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

const hasPath = ({ pathname, search }: URL): boolean => !['', '/'].includes(pathname) || search !== '';
