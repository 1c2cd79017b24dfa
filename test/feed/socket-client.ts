import { once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import type { FeedFrame, RecordFrame } from '../../src/records/feed-frames.ts';

/** A client that keeps all it is sent. */
export interface SocketClient {
  readonly socket: WebSocket;
  readonly frames: readonly FeedFrame[];
  readonly messages: readonly { readonly text: string; readonly isBinary: boolean }[];
  readonly records: () => readonly RecordFrame[];
  readonly until: (isSo: () => boolean) => Promise<void>;
  /** How it was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Reads no more from its connection, until it is told to. */
  readonly stall: () => void;
  readonly goOn: () => void;
}

const open = new Set<WebSocket>();

/** Ends what tests have left open. */
export function endClients(): void {
  for (const socket of open) socket.terminate();
  open.clear();
}

/** Resolves once it has been greeted. */
export async function socketClient(url: string, options: ClientOptions = {}): Promise<SocketClient> {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  open.add(socket);
  const frames: FeedFrame[] = [];
  const messages: { text: string; isBinary: boolean }[] = [];
  const looks = new Set<() => void>();
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const text = data.toString();
    messages.push({ text, isBinary });
    frames.push(...text.split('\n').map((line) => JSON.parse(line) as FeedFrame));
    for (const look of looks) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  const wire = (socket as unknown as { readonly _socket: Socket })._socket;
  const until = (isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        looks.delete(look);
        resolve();
      };
      looks.add(look);
      look();
    });
  await until(() => frames.length > 0);
  return {
    socket,
    frames,
    messages,
    records: () => frames.filter((frame): frame is RecordFrame => frame.type === 'record'),
    until,
    closed,
    stall: () => wire.pause(),
    goOn: () => wire.resume(),
  };
}

/** The status that a client is refused with, and why. */
export async function refused(
  url: string,
  options: ClientOptions = {},
): Promise<{ status: number; text: string }> {
  const socket = new WebSocket(url, options);
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.terminate();
      reject(new Error('it was let in'));
    });
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, text: text.trim() }));
    });
  });
}
