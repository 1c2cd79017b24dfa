import type { Protocol } from '../../feed/protocol.ts';

/** Events of the HTML standard's text/event-stream. JSON has no line ends, so data is one line. */
export const eventProtocol: Protocol = {
  record: (id, text) => `id: ${id}\ndata: ${text}\n\n`,
  frame: (frame) => `event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`,
  message: (parts) => Buffer.from(parts.join('')),
};
