import type { ServerResponse } from 'node:http';

/** A streaming answer: frames go to the socket while it takes them, then into a bounded queue, then nowhere. */
export interface Channel {
  /** false where the reader does not keep up and loses the frame */
  readonly offer: (frame: Buffer) => boolean;
  /** true while the socket takes more and nothing waits */
  readonly open: () => boolean;
  readonly end: () => void;
  /** ends it in the middle, once what was written has left */
  readonly cut: () => void;
  readonly skipped: () => number;
  /** calls back once, when `open()` has become true */
  readonly whenOpen: (callback: () => void) => void;
}

const newline = 0x0a;

/** One HTTP chunk. The engine flushes after every record, so each record is a chunk of its own. */
export function frame(body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** One record and its newline as one HTTP chunk, in one allocation. */
export function frameLine(line: string): Buffer {
  const length = Buffer.byteLength(line) + 1;
  const head = `${length.toString(16)}\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + length + 2);
  bytes.write(head, 0, 'latin1');
  bytes.write(line, head.length, 'utf8');
  bytes[bytes.length - 3] = newline;
  bytes.write('\r\n', bytes.length - 2, 'latin1');
  return bytes;
}

/**
 * Takes over the answer: headers leave now, frames are written to the socket directly, so that one rendered
 * frame serves all readers. A reader that does not keep up loses frames silently, as with the real engine.
 */
export function openChannel(response: ServerResponse, capacity: number): Channel {
  response.flushHeaders();
  const socket = response.socket;
  const queue: Buffer[] = [];
  const state: { blocked: boolean; skipped: number; waiting?: (() => void) | undefined } = {
    blocked: false,
    skipped: 0,
  };

  /** says whether the socket takes more */
  const write = (bytes: Buffer): boolean => {
    const more = socket?.writable === true && socket.write(bytes);
    state.blocked = !more;
    return more;
  };
  const onDrain = (): void => {
    let sent = 0;
    let more = true;
    while (more && sent < queue.length) more = write(queue[sent++]!);
    queue.splice(0, sent);
    state.blocked = !more;
    if (!more) return;
    const { waiting } = state;
    state.waiting = undefined;
    waiting?.();
  };
  socket?.on('drain', onDrain);
  response.once('close', () => {
    socket?.off('drain', onDrain);
    queue.length = 0;
    state.blocked = true;
  });

  return {
    offer: (bytes) => {
      const isTaken = !state.blocked || (queue.length < capacity && !response.destroyed);
      if (!state.blocked) write(bytes);
      else if (isTaken) queue.push(bytes);
      else state.skipped++;
      return isTaken;
    },
    open: () => !state.blocked,
    end: () => {
      for (const bytes of queue.splice(0)) socket?.write(bytes);
      response.end();
    },
    cut: () => socket?.destroySoon(),
    skipped: () => state.skipped,
    whenOpen: (callback) => {
      state.waiting = callback;
    },
  };
}
