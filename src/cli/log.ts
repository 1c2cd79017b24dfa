import { pino } from 'pino';
import type { Logger } from 'pino';
import { paint } from './paint.ts';
import type { Colour } from './paint.ts';

export type Log = Logger;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Short lines for people, else one JSON object a line. */
  readonly human: boolean;
  readonly colour: boolean;
  readonly write: (text: string) => void;
}

/** A log that hands over each line before it returns, so that none is lost at exit. */
export function openLog({ level, human, colour, write }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, { write: human ? (line) => write(humanLine(line, colour)) : write });
}

const COLOURS: Readonly<Record<string, Colour>> = { error: 'red', warn: 'yellow', debug: 'dim' };

/** `02:19:22 stats-to-file ndjson-file: writes to data/stats.ndjson` */
export function humanLine(json: string, colour: boolean): string {
  const { level, time, pipeline, stage, msg } = JSON.parse(json) as Readonly<Record<string, string>>;
  const clock = new Date(time ?? 0).toTimeString().slice(0, 8);
  const who = [pipeline, stage].filter((name) => name !== undefined).join(' ');
  const text = `${who === '' ? '' : `${who}: `}${msg ?? ''}`;
  const tint = COLOURS[level ?? ''];
  const mark = level === 'info' ? '' : `${level ?? ''}: `;
  const tinted = colour && tint !== undefined ? paint(mark + text, tint) : mark + text;
  return `${colour ? paint(clock, 'dim') : clock} ${tinted}\n`;
}
