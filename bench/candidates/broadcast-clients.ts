// Connects WebSocket clients and counts what each is sent: broadcast-clients.mjs URL CLIENTS RECORDS STALLED
// The last STALLED of them read nothing once they have been greeted.
// Says a line when all are connected, and one when all have got everything: how long records took from when they were due.
import { connect } from 'node:net';

const [url = '', clients = '', records = '', stalled = ''] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(url);
const expected = Number(records);
const BAR = '|'.charCodeAt(0);
/** So many clients look at each record; the others count. */
const PROBES = 10;
const AT_ONCE = 100;

const delays: number[] = [];
const reading = Number(clients) - Number(stalled);
let unfinished = reading;

for (let i = 0; i < Number(clients); i += AT_ONCE)
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(clients) - i) }, (_, j) => client(i + j)));
process.stdout.write('connected\n');

/** Resolves once it has been greeted. */
function client(number: number): Promise<void> {
  const isProbe = number < PROBES;
  const socket = connect(Number(port), hostname);
  socket.on('error', (error) => {
    throw error;
  });
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  let held = Buffer.alloc(0);
  /** Of the message that is coming. */
  let left = 0;
  let text = '';
  let got = 0;
  let next = 0;
  const take = (payload: Buffer): void => {
    for (let at = payload.indexOf(BAR); at >= 0; at = payload.indexOf(BAR, at + 1)) got += 1;
    if (isProbe) text += payload.toString('latin1');
    left -= payload.length;
    if (left === 0 && isProbe) look();
    if (got === expected) finish();
  };
  const look = (): void => {
    const nowMs = performance.timeOrigin + performance.now();
    for (const [, seq, dueMs] of text.matchAll(/"probe":"(\d+)@([\d.]+)"/g)) {
      if (Number(seq) !== next) throw new Error(`record ${seq} in place of ${next}`);
      next += 1;
      delays.push(nowMs - Number(dueMs));
    }
    text = '';
  };
  const frames = (chunk: Buffer): void => {
    let bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    while (bytes.length > 0) {
      if (left === 0) {
        const short = (bytes[1] ?? 0) & 0x7f;
        const head = short < 126 ? 2 : short === 126 ? 4 : 10;
        if (bytes.length < head) break;
        left = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
        bytes = bytes.subarray(head);
      }
      const payload = bytes.subarray(0, left);
      bytes = bytes.subarray(payload.length);
      if (payload.length > 0) take(payload);
    }
    held = Buffer.from(bytes);
  };
  return new Promise((resolve) => {
    const greet = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      const rest = held.subarray(end + 4);
      held = Buffer.alloc(0);
      socket.off('data', greet);
      if (number >= reading) {
        socket.pause();
        return resolve();
      }
      socket.on('data', frames);
      if (rest.length > 0) frames(rest);
      resolve();
    };
    socket.on('data', greet);
  });
}

function finish(): void {
  unfinished -= 1;
  if (unfinished > 0) return;
  delays.sort((a, b) => a - b);
  const at = (share: number): number => delays[Math.floor((delays.length - 1) * share)]!;
  process.stdout.write(`${JSON.stringify({ p50Ms: at(0.5), p99Ms: at(0.99) })}\n`);
}
