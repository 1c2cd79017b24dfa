import type { FeedFilters, FeedFrame } from '../records/feed-frames.ts';

/** Said by the client itself. */
export interface ConnectionFrame {
  readonly type: 'connection';
  /** `away`: it connects again after `delayMs`. */
  readonly state: 'open' | 'away';
  readonly delayMs?: number;
  /** Of the close, as of RFC 6455: 1013 for a client that was too slow. */
  readonly code?: number;
}

/** What a reader of a feed hears: the feed's own frames, and how the connection fares. */
export type ReceivedFrame<T> = FeedFrame<T> | ConnectionFrame;

/** What is used of a WebSocket. */
export interface ClientSocket {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  onerror: ((event: never) => void) | null;
  close(): void;
}

/** A WebSocket as browsers have it; the one of the package ws serves. */
export type SocketClass = new (url: string) => ClientSocket;

export interface ConnectSettings {
  readonly url: string;
  readonly filters?: FeedFilters;
  readonly after?: string;
  readonly token?: string;
  readonly WebSocket?: SocketClass;
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
}

export interface ClientConnection {
  /** Lets the connection go; what comes meanwhile comes after `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly close: () => void;
}

/** Connects, and again whenever the connection is lost, behind the last record received. */
export function connect<T>(
  settings: ConnectSettings,
  next: (frame: ReceivedFrame<T>) => void,
): ClientConnection {
  const { minDelayMs = 250, maxDelayMs = 10_000 } = settings;
  const Socket = settings.WebSocket ?? (globalThis as { readonly WebSocket?: SocketClass }).WebSocket;
  if (Socket === undefined)
    throw new Error(
      'this platform has no WebSocket: give one by the option WebSocket, such as that of the package ws',
    );
  let after = settings.after;
  let socket: ClientSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;

  const hear = (frame: FeedFrame<T>, hello: { cursor: string | undefined }): void => {
    if (frame.type === 'hello') {
      hello.cursor = frame.cursor;
      after ??= frame.cursor;
      next({ type: 'connection', state: 'open' });
    } else if (frame.type === 'record') {
      after = frame.id;
      attempts = 0;
    }
    // It goes on with what is new.
    else if (frame.type === 'gap' && frame.reason === 'unknown-id') after = hello.cursor;
    next(frame);
  };
  const open = (): void => {
    const own = (socket = new Socket(urlOf(settings, after)));
    const hello = { cursor: undefined };
    own.onmessage = ({ data }) => {
      for (const line of String(data).split('\n')) {
        // It may have been let go while its last message is read.
        if (socket !== own) return;
        hear(JSON.parse(line) as FeedFrame<T>, hello);
      }
    };
    own.onerror = () => undefined;
    own.onclose = ({ code }) => {
      if (socket !== own) return;
      socket = undefined;
      const delayMs = Math.min(minDelayMs * 2 ** attempts, maxDelayMs) * (0.5 + Math.random() / 2);
      attempts += 1;
      timer = setTimeout(open, delayMs);
      next({ type: 'connection', state: 'away', delayMs, code });
    };
  };
  const pause = (): void => {
    clearTimeout(timer);
    const own = socket;
    socket = undefined;
    own?.close();
  };
  open();
  return { pause, resume: open, close: pause };
}

function urlOf({ url, filters = {}, token }: ConnectSettings, after: string | undefined): string {
  const full = new URL(url);
  for (const [name, globs] of Object.entries(filters) as [string, readonly string[]][])
    for (const glob of globs) full.searchParams.append(name, glob);
  if (token !== undefined) full.searchParams.set('token', token);
  if (after !== undefined) full.searchParams.set('after', after);
  return full.href;
}
