import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface GuardOptions {
  readonly token: string | undefined;
  /** Web pages of these may read the feed too: `https://status.example.org`. */
  readonly origins: readonly string[];
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

/** Why a client is not let in. */
export interface Refusal {
  readonly status: 401 | 403 | 503;
  readonly text: string;
}

export interface Guard {
  /** Counts the client, until it is let go; or says why not. */
  readonly admit: (request: IncomingMessage) => Refusal | (() => void);
  /** Whether its web page is of another origin, and allowed. */
  readonly isGuest: (request: IncomingMessage) => boolean;
}

export function createGuard({ token, origins, maxClients, maxClientsPerAddress }: GuardOptions): Guard {
  const perAddress = new Map<string, number>();
  let clients = 0;

  const refusal = (request: IncomingMessage, address: string): Refusal | undefined => {
    if (!isOwnPage(request) && !isGuest(request))
      return {
        status: 403,
        text: 'Web pages of other origins may not read this: allow them by the option origins.',
      };
    if (token !== undefined && !isSame(tokenOf(request), token))
      return { status: 401, text: 'A token is needed: Authorization: Bearer TOKEN, or ?token=TOKEN.' };
    if (clients >= maxClients)
      return { status: 503, text: `There are ${maxClients} clients already: no more are let in.` };
    if ((perAddress.get(address) ?? 0) >= maxClientsPerAddress)
      return {
        status: 503,
        text: `There are ${maxClientsPerAddress} clients of your address already: no more are let in.`,
      };
    return undefined;
  };
  const isGuest = ({ headers }: IncomingMessage): boolean =>
    headers.origin !== undefined && origins.includes(headers.origin);
  const count = (address: string, change: 1 | -1): void => {
    clients += change;
    const now = (perAddress.get(address) ?? 0) + change;
    if (now === 0) perAddress.delete(address);
    else perAddress.set(address, now);
  };
  return {
    admit(request) {
      const address = request.socket.remoteAddress ?? '';
      const refused = refusal(request, address);
      if (refused !== undefined) return refused;
      count(address, 1);
      let isIn = true;
      return () => {
        if (isIn) count(address, -1);
        isIn = false;
      };
    },
    isGuest: (request) => !isOwnPage(request) && isGuest(request),
  };
}

/** Of no web page, or of one that this server itself, at this address, has sent. */
function isOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  // In front of us there may be somebody who speaks TLS.
  return (
    origin === undefined || /^https?:\/\/(.*)$/i.exec(origin)?.[1]?.toLowerCase() === host?.toLowerCase()
  );
}

function tokenOf({ headers, url }: IncomingMessage): string {
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return bearer ?? new URL(url!, 'http://localhost').searchParams.get('token') ?? '';
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
