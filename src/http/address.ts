import { isIP } from 'node:net';
import type { Check } from '../core/check-options.ts';

export interface Address {
  /** As it is listened on: an IPv6 address without brackets. */
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** Where a server listens that is told nothing else. */
export const DEFAULT_LISTEN = '127.0.0.1:9808';

/** Checks the option `listen` of a sink. */
export const listenAddress: Check = (value) =>
  (typeof value === 'string' && parseListen(value) !== undefined) || `HOST:PORT, such as '${DEFAULT_LISTEN}'`;

/** Reads `HOST:PORT`, an IPv6 address in brackets. The host must be given: all interfaces are `0.0.0.0` or `[::]`. */
export function parseListen(text: string): Address | undefined {
  const [, v6, name, digits] = /^(?:\[([^\]\s]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined;
  // It may mean two addresses; of them the one that others name.
  return { host: host === 'localhost' ? '127.0.0.1' : host, port };
}

export const showAddress = ({ host, port }: Address): string =>
  `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

export const isLoopback = (host: string): boolean =>
  host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
