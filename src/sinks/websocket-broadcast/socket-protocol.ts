import type { Protocol } from '../../feed/protocol.ts';

const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
const LONGEST_HEADER = 10;

/** Messages as whole frames of RFC 6455, so that one buffer serves all clients: what a server sends is not masked. */
export const socketProtocol: Protocol = {
  record: (id, text) => `{"type":"record","id":"${id}","record":${text}}`,
  frame: (frame) => JSON.stringify(frame),
  message: (parts, format) => {
    const text = parts.join('\n');
    // At most three bytes for each of UTF-16's units; of what is mostly ASCII that is too much by far.
    const length = Buffer.byteLength(text);
    const bytes = Buffer.allocUnsafeSlow(LONGEST_HEADER + length);
    const start = LONGEST_HEADER - (length < 126 ? 2 : length < 65_536 ? 4 : 10);
    bytes[start] = format === 'binary' ? FINAL_BINARY : FINAL_TEXT;
    if (length < 126) bytes[start + 1] = length;
    else if (length < 65_536) {
      bytes[start + 1] = 126;
      bytes.writeUInt16BE(length, start + 2);
    } else {
      bytes[start + 1] = 127;
      bytes.writeBigUInt64BE(BigInt(length), start + 2);
    }
    bytes.write(text, LONGEST_HEADER);
    return bytes.subarray(start);
  },
};
