import { flag, sendError, type Call } from './answers.ts';
import { frame, openChannel, type Channel } from './channel.ts';
import { rfc3339Fixed } from './clock.ts';
import type { Logs } from './logs.ts';
import { parseQueryTime } from './time-query.ts';
import type { Container, LogEntry } from './types.ts';

/** Longer lines arrive in several frames with the same time, of which the last ends in a newline. */
const longestFrame = 16 * 1024;
const waitingLines = 1024;

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
  const tail = Number(query.get('tail') ?? 'all');
  const kept = container.logs.filter(wanted);

  if (apiMinor >= 42) {
    response.setHeader('Content-Type', `application/vnd.docker.${tty ? 'raw' : 'multiplexed'}-stream`);
  }
  const channel: Channel = openChannel(response, waitingLines);
  const write = (entry: LogEntry): boolean => channel.offer(frame(encode(entry, tty, timestamps)));
  (Number.isInteger(tail) && tail >= 0
    ? kept.slice(kept.length - Math.min(tail, kept.length))
    : kept
  ).forEach(write);
  const runs = container.state === 'running' || container.state === 'paused';
  if (!flag(query, 'follow', false) || !runs) return channel.end();
  const leave = logs.follow(container, {
    line: (entry) => {
      if (wanted(entry)) write(entry);
    },
    end: () => channel.end(),
  });
  response.once('close', leave);
}
