import type { ServerResponse } from 'node:http';
import { messageOf } from '../../core/errors.ts';
import type { Run } from '../../core/run.ts';
import { redactor, SECRET_KEYS } from '../../records/redaction.ts';
import { textOf } from '../../records/text.ts';
import type { Fleet } from '../fleet.ts';
import { RECORD_PREFIX } from './protocol.ts';
import type { TapFrame } from './protocol.ts';
import type { Selection } from './selection.ts';

export interface Wanted extends Selection {
  readonly pipeline: string;
  readonly stage: string | undefined;
}

/** So often what has gathered is written, and the rate is renewed. */
const TICK_MS = 100;
const TICKS_A_SECOND = 1_000 / TICK_MS;
/** What may wait for a tap that does not read, in characters; a record may be larger. */
const MAX_WAITING = 256 * 1024;

/**
 * Writes the records that pass a stage, each a line, until the pipeline ends or the reader leaves; of a file that is reloaded
 * those of the next run too. A record is only looked at within the flow: who does not read costs the pipeline no more than
 * counting what he misses. Returns how to end it, saying why.
 * Errors `CONFIG_INVALID` where there is no such stage.
 */
export function streamTap(
  response: ServerResponse,
  fleet: Fleet,
  first: Run,
  { pipeline, stage, matches, pick, rate }: Wanted,
): (why: string) => void {
  const redact = redactor({ keys: SECRET_KEYS, patterns: [] });
  let waiting = '';
  let allowance = rate;
  let ticks = 0;
  let isDue = false;
  let skipped = { rate: 0, behind: 0, unreadable: 0 };

  const look = (record: unknown): void => {
    if (!matches(record)) return;
    if (allowance < 1) skipped.rate += 1;
    else if (waiting.length > MAX_WAITING) skipped.behind += 1;
    else
      try {
        waiting += `${RECORD_PREFIX}${redactedText(pick(record), redact)}}\n`;
        allowance -= 1;
      } catch {
        skipped.unreadable += 1;
      }
  };
  const say = (frame: TapFrame): void => void (waiting += `${JSON.stringify(frame)}\n`);
  const flush = (): void => {
    if (waiting === '' || response.writableLength > 0) return;
    response.write(waiting);
    waiting = '';
  };
  const tellSkipped = (): void => {
    if (skipped.rate + skipped.behind + skipped.unreadable === 0) return;
    say({ skipped });
    skipped = { rate: 0, behind: 0, unreadable: 0 };
  };
  const tick = (): void => {
    ticks += 1;
    allowance = Math.min(rate, allowance + rate / TICKS_A_SECOND);
    flush();
    // Who does not read is told once he does.
    isDue ||= ticks % TICKS_A_SECOND === 0;
    if (!isDue || waiting !== '') return;
    tellSkipped();
    isDue = false;
  };

  let tapped = first;
  let endTap = first.tap(look, stage);
  const follow = (): void => {
    const now = fleet.find(pipeline);
    if (now === tapped) return;
    endTap();
    if (now === undefined) return end(`${pipeline} has ended`);
    try {
      endTap = now.tap(look, stage);
      tapped = now;
      say({ reloaded: true });
    } catch (error) {
      end(messageOf(error));
    }
  };
  const timer = setInterval(tick, TICK_MS);
  const deafen = fleet.onChange(follow);
  const close = (): void => {
    clearInterval(timer);
    deafen();
    endTap();
  };
  const end = (why: string): void => {
    close();
    tellSkipped();
    say({ end: why });
    response.end(waiting);
    waiting = '';
  };
  response.setHeader('Content-Type', 'application/x-ndjson');
  response.flushHeaders();
  response.once('close', close);
  return end;
}

/** Its own text where it holds no secret. */
function redactedText(record: unknown, redact: <T>(value: T) => T): string {
  const text = textOf(record);
  const value = JSON.parse(text) as unknown;
  const redacted = redact(value);
  return redacted === value ? text : JSON.stringify(redacted);
}
