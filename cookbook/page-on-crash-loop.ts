// Page somebody when a container crashes again and again: three deaths within five minutes, one message when it begins.
// Set WEBHOOK_URL to what takes a POST of {"text": "…"}: Slack, Mattermost, Discord (…/slack), a script of your own. While
// it is away or answers 429 or 5xx the message waits and is sent again; with --state DIR also over a restart.
import { crashLoop, dockerEvents, pipeline, PipelineError, queued } from 'dockrx';
import type { CrashLoop } from 'dockrx';
import { filter } from 'rxjs';

const url = process.env['WEBHOOK_URL'];

const webhook = queued({
  name: 'webhook',
  target: 'WEBHOOK_URL', // not the address: it is as good as a password
  encode: ({ container, host, deaths, since, exitCodes }: CrashLoop) =>
    `${container.name} on ${host} died ${deaths} times since ${since}, exit codes ${exitCodes.join(', ')}`,
  sizeOf: (text) => text.length,
  batch: { bytes: 1, lingerMs: 0 },
  open: () => {
    if (url === undefined)
      throw new PipelineError('CONFIG_INVALID', 'set WEBHOOK_URL to where to send messages');
    return Promise.resolve({ write: (texts) => post(url, texts.join('\n')), close: () => Promise.resolve() });
  },
});

async function post(to: string, text: string): Promise<void> {
  const unavailable = (why: string, cause?: unknown): PipelineError =>
    new PipelineError('SINK_UNAVAILABLE', `the webhook ${why}`, { cause });
  const { status, ok, body } = await fetch(to, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ text }),
    signal: AbortSignal.timeout(10_000),
  }).catch((cause: unknown) => {
    throw unavailable('does not answer', cause);
  });
  await body?.cancel();
  if (status === 429 || status >= 500) throw unavailable(`answers ${status}`);
  if (!ok) throw new PipelineError('SINK_REFUSED', `the webhook answers ${status}: check WEBHOOK_URL`);
}

export default pipeline(
  'page-on-crash-loop',
  dockerEvents(),
  crashLoop({ deaths: 3, withinMs: 5 * 60_000 }),
  filter((told) => told.kind === 'crash-loop'),
  webhook,
);
