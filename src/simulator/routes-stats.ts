import { flag, sendError, sendJson, type Call } from './answers.ts';
import { openChannel } from './channel.ts';
import { statsWriter, type Collector } from './collector.ts';
import type { EngineProfile } from './profile.ts';
import { statsLine, zeroReading, type Reading } from './stats-line.ts';
import type { Container } from './types.ts';

/** Samples that may wait for a reader; further ones are skipped. The engine keeps 1,024: a quarter of an hour. */
const waitingSamples = 64;

/** `GET /containers/{id}/stats`: a stream, two collections for one answer with a difference, or one at once. */
export function serveStats(
  call: Call,
  container: Container,
  collector: Collector,
  profile: EngineProfile,
): void {
  const { query, response } = call;
  const stream = flag(query, 'stream', true);
  const oneShot = flag(query, 'one-shot', false);
  if (stream && oneShot && profile.refusesStreamOneShot) {
    return sendError(response, 400, 'cannot have stream=true and one-shot=true');
  }
  if (stream) return streamStats(call, container, collector, profile);
  const up = container.state === 'running' || container.state === 'paused';
  const reply = (reading: Reading, previous?: Reading, named = true): void =>
    sendJson(response, 200, statsLine(reading, { previous, named }, profile));
  if (!up) return reply(zeroReading(container));
  if (oneShot && !profile.oneShotWaits) return reply(collector.read(container), undefined, false);
  awaitReadings(call, container, collector, oneShot ? 1 : 2, reply);
}

function streamStats(
  { response }: Call,
  container: Container,
  collector: Collector,
  profile: EngineProfile,
): void {
  const channel = openChannel(response, waitingSamples);
  const leave = collector.subscribe(container, {
    reading: statsWriter(channel, profile),
    removed: () => channel.end(),
  });
  response.once('close', leave);
}

function awaitReadings(
  { response }: Call,
  container: Container,
  collector: Collector,
  count: number,
  reply: (reading: Reading, previous?: Reading) => void,
): void {
  const readings: Reading[] = [];
  const leave = collector.subscribe(container, {
    reading: (reading) => {
      readings.push(reading);
      if (readings.length < count) return;
      leave();
      reply(reading, readings.at(-2));
    },
    removed: () => reply(zeroReading(container)),
  });
  response.once('close', leave);
}
