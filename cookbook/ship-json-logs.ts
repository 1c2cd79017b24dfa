// Ship the logs of one compose project to where logs are kept: by POST, a line of JSON each, to what takes NDJSON (Vector,
// VictoriaLogs, OpenObserve …). A line that is JSON itself keeps its fields, any other is `message`. Set PROJECT and
// LOGS_URL. While that is away nothing is read, for the engine keeps the logs; with --state DIR none is lost over a restart.
import { dockerLogs, pipeline, PipelineError, queued } from 'dockrx';
import type { Gap, LogLine } from 'dockrx';

const { PROJECT = 'shop', LOGS_URL: url } = process.env;

function fieldsOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // It is no JSON.
  }
  return { message: text };
}

const shipped = (told: LogLine | Gap): object =>
  told.kind === 'gap'
    ? { '@timestamp': told.time, host: told.host, message: `lines are missing: ${told.reason}` }
    : {
        ...fieldsOf(told.text),
        '@timestamp': told.time,
        host: told.host,
        container: told.container.name,
        service: told.container.labels['com.docker.compose.service'],
        stream: told.stream,
      };

async function post(to: string, body: string): Promise<void> {
  const unavailable = (why: string, cause?: unknown): PipelineError =>
    new PipelineError('SINK_UNAVAILABLE', `LOGS_URL ${why}`, { cause });
  const answer = await fetch(to, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-ndjson' },
    body,
    signal: AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    throw unavailable('does not answer', cause);
  });
  await answer.body?.cancel();
  if (answer.status === 429 || answer.status >= 500) throw unavailable(`answers ${answer.status}`);
  if (!answer.ok) throw new PipelineError('SINK_REFUSED', `LOGS_URL answers ${answer.status}: check it`);
}

const ship = queued({
  name: 'ship',
  target: 'LOGS_URL', // not the address: it may hold a token
  encode: (told: LogLine | Gap) => `${JSON.stringify(shipped(told))}\n`,
  sizeOf: (line) => line.length,
  batch: { bytes: 256 * 1024, lingerMs: 1_000 },
  open: () => {
    if (url === undefined) throw new PipelineError('CONFIG_INVALID', 'set LOGS_URL to where to send logs');
    return Promise.resolve({ write: (lines) => post(url, lines.join('')), close: () => Promise.resolve() });
  },
});

export default pipeline(
  'ship-json-logs',
  dockerLogs({ include: { labels: [`com.docker.compose.project=${PROJECT}`] } }),
  ship,
);
