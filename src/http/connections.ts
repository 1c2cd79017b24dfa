import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The connections of a server, never more than a limit. */
export interface Connections {
  readonly add: (socket: Socket) => void;
  readonly asks: (socket: Socket) => void;
  readonly isAnswered: (socket: Socket) => void;
  /** Counts it no more. */
  readonly letGo: (socket: Duplex) => void;
}

/** One that has asked for nothing whole for so long gives way to another. */
const PATIENCE_MS = 1_000;

/**
 * Closes what comes beyond the limit, or in its place the connection that has been silent for longest: so nobody shuts
 * others out by opening connections and asking for nothing.
 */
export function createConnections(limit: number, nowMs: () => number = () => performance.now()): Connections {
  /** Since when each waits for a request, the longest first; nothing while one is answered. */
  const waiting = new Map<Duplex, number>();
  const answering = new Set<Duplex>();
  const letGo = (socket: Duplex): void => {
    waiting.delete(socket);
    answering.delete(socket);
  };
  return {
    add(socket) {
      socket.once('close', () => letGo(socket));
      waiting.set(socket, nowMs());
      if (waiting.size + answering.size <= limit) return;
      const [oldest, sinceMs] = waiting.entries().next().value!;
      const one = nowMs() - sinceMs > PATIENCE_MS ? oldest : socket;
      letGo(one);
      one.destroy();
    },
    asks(socket) {
      if (waiting.delete(socket)) answering.add(socket);
    },
    isAnswered(socket) {
      if (answering.delete(socket)) waiting.set(socket, nowMs());
    },
    letGo,
  };
}
