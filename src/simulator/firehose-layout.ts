import { frameLine } from './channel.ts';
import { eventText } from './event-text.ts';
import type { EngineEvent } from './types.ts';

/** Attribute that numbers the events of the firehose, in twelve digits. */
const sequenceAttribute = 'sequence';
const sequenceDigits = 12;
const timeDigits = 10;
/** `timeNano` without its last three digits, which are the place in the batch */
const nanoDigits = 16;

const zero = 0x30;

/** Framed events side by side in one buffer, in which only digits change from batch to batch. */
export interface BatchLayout {
  readonly bytes: Buffer;
  /** where each frame begins, and at the end the length */
  readonly starts: readonly number[];
  /** writes the numbers of the first `count` events; `nano` must be a multiple of 1000 */
  readonly fill: (count: number, firstSequence: number, nano: bigint) => void;
}

export const numbered = (event: EngineEvent, sequence: number): EngineEvent => ({
  ...event,
  attributes: { ...event.attributes, [sequenceAttribute]: String(sequence).padStart(sequenceDigits, '0') },
});

function writeNumber(bytes: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = zero + (rest - next * 10);
    rest = next;
  }
}

/** At most 1,000 events. */
export function createLayout(events: readonly EngineEvent[], legacy: boolean): BatchLayout {
  const firstNano = 1_000_000_000_000_000_000n;
  const frames = events.map((event, i) =>
    frameLine(eventText(numbered(event, 0), firstNano + BigInt(i), legacy)),
  );
  const bytes = Buffer.concat(frames);
  const starts = [0];
  for (const { length } of frames) starts.push(starts.at(-1)! + length);
  const find = (label: string): Int32Array =>
    Int32Array.from(frames, (part, i) => starts[i]! + part.lastIndexOf(label) + label.length);
  const sequenceAt = find(`"${sequenceAttribute}":"`);
  const timeAt = find('"time":');
  const nanoAt = find('"timeNano":');
  return {
    bytes,
    starts,
    fill: (count, firstSequence, nano) => {
      const seconds = Buffer.from(String(nano / 1_000_000_000n));
      const head = Buffer.from(String(nano / 1000n));
      for (let i = 0; i < count; i++) {
        writeNumber(bytes, sequenceAt[i]!, sequenceDigits, firstSequence + i);
        for (let d = 0, at = timeAt[i]!; d < timeDigits; d++) bytes[at + d] = seconds[d]!;
        for (let d = 0, at = nanoAt[i]!; d < nanoDigits; d++) bytes[at + d] = head[d]!;
      }
    },
  };
}
