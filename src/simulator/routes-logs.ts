import { flag, sendError, type Call } from './answers.ts';
import { frame, openChannel, type Channel } from './channel.ts';
import { rfc3339Fixed } from './clock.ts';
import type { Logs } from './logs.ts';
import { parseQueryTime } from './time-query.ts';
import type { Container, LogEntry } from './types.ts';

/** Longer lines arrive in several frames with the same time, of which the last ends in a newline. */
const longestFrame = 16 * 1024;
/** frames that wait where the socket takes no more: none, but for the one that filled it */
const longestWait = 1;

/** Cuts a line as the engine's log copier does. */
function parts(line: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(line.length / longestFrame));
  return Array.from({ length: count }, (_, i) => line.subarray(i * longestFrame, (i + 1) * longestFrame));
}

const multiplexed = (stream: LogEntry['stream'], body: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = stream === 'stdout' ? 1 : 2;
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
};

function encode({ nano, stream, text }: LogEntry, tty: boolean, timestamps: boolean): Buffer {
  const stamp = Buffer.from(timestamps ? `${rfc3339Fixed(nano)} ` : '');
  const pieces = parts(Buffer.from(text));
  const end = Buffer.from(tty ? '\r\n' : '\n');
  return Buffer.concat(
    pieces.map((piece, i) => {
      const body = Buffer.concat([stamp, piece, i === pieces.length - 1 ? end : Buffer.alloc(0)]);
      return tty ? body : multiplexed(stream, body);
    }),
  );
}

/** `GET /containers/{id}/logs`. */
export function serveLogs({ response, query, apiMinor }: Call, container: Container, logs: Logs): void {
  const streams = (['stdout', 'stderr'] as const).filter((name) => flag(query, name, false));
  if (streams.length === 0) {
    return sendError(response, 400, 'Bad parameters: you must choose at least one stream');
  }
  const [since, until] = [parseQueryTime(query.get('since')), parseQueryTime(query.get('until'))];
  for (const time of [since, until]) {
    if (time.kind === 'bad') return sendError(response, 400, time.message);
  }
  const { tty } = container.spec;
  const timestamps = flag(query, 'timestamps', false);
  const wanted = ({ nano, stream }: LogEntry): boolean =>
    (tty || streams.includes(stream)) &&
    (since.kind !== 'nano' || nano >= since.nano) &&
    (until.kind !== 'nano' || nano <= until.nano);
  if (apiMinor >= 42) {
    response.setHeader('Content-Type', `application/vnd.docker.${tty ? 'raw' : 'multiplexed'}-stream`);
  }
  const channel: Channel = openChannel(response, longestWait);
  const { logs: entries } = container;
  const kept = entries.filter(wanted);
  const tail = Number(query.get('tail') ?? 'all');
  const first = Number.isInteger(tail) && tail >= 0 ? kept[Math.max(0, kept.length - tail)] : entries[0];
  /** where the reader is: it goes through what is kept, as the engine does, and waits while nobody takes it */
  let next = first === undefined ? entries.length : entries.indexOf(first);
  let last: LogEntry | undefined = entries[next - 1];
  const runs = container.state === 'running' || container.state === 'paused';
  let isOver = !flag(query, 'follow', false) || !runs;
  const pump = (): void => {
    // what was thrown away meanwhile is skipped, without a sign
    if (entries[next - 1] !== last) next = last === undefined ? 0 : entries.lastIndexOf(last) + 1;
    for (; channel.open() && next < entries.length; next++) {
      last = entries[next]!;
      if (wanted(last)) channel.offer(frame(encode(last, tty, timestamps)));
    }
    if (!channel.open()) channel.whenOpen(pump);
    else if (isOver) channel.end();
  };
  pump();
  if (isOver) return;
  const end = (): void => {
    isOver = true;
    pump();
  };
  response.once('close', logs.follow(container, { line: pump, end }));
}
