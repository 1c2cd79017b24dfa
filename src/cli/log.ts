import { pino } from 'pino';
import type { Logger } from 'pino';

export type Log = Logger;
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

export interface LogOptions {
  readonly level: LogLevel;
  /** Short lines for people, else one JSON object a line. */
  readonly human: boolean;
  readonly colour: boolean;
  readonly write: (text: string) => void;
}

/** A log that writes each line before it returns, so that none is lost at exit. */
export async function openLog({ level, human, colour, write }: LogOptions): Promise<Log> {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!human) return pino(options, { write });
  const { prettyFactory } = await import('pino-pretty');
  const pretty = prettyFactory({
    colorize: colour,
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: '{if pipeline}{pipeline} {end}{if stage}{stage}: {end}{msg}',
    hideObject: true,
  });
  return pino(options, { write: (line) => write(pretty(line)) });
}
