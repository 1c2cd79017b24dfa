import { openLog } from './log.ts';
import type { Log, LogLevel } from './log.ts';
import { openTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export interface OutputOptions {
  readonly quiet: boolean;
  readonly logLevel: LogLevel;
  /** Where a sink has the terminal: what is to be said is said when that is over. */
  readonly sayAtEnd?: boolean;
}

/** Where a command that runs pipelines says what it has to say: on stderr. */
export interface Output {
  readonly log: Log;
  /** Where live lines are drawn, when there is such a place. */
  readonly terminal: Terminal | undefined;
  readonly colour: boolean;
  /** Writes a table for people; nothing where what is written is for programs. */
  readonly writeTable: ((text: string) => void) | undefined;
  readonly close: () => void;
}

/** How many of the last lines are said at the end. */
const MOST_HELD = 20;

export function openOutput({ quiet, logLevel, sayAtEnd = false }: OutputOptions): Output {
  const { stderr, stdout } = process;
  const isLive = stderr.isTTY && process.env['TERM'] !== 'dumb' && !quiet;
  const terminal = isLive ? openTerminal(stderr, stdout.isTTY ? [stdout] : []) : undefined;
  const colour = stderr.isTTY && !process.env['NO_COLOR'];
  let held: readonly string[] = [];
  const log = openLog({
    level: quiet && logLevel !== 'error' ? 'warn' : logLevel,
    human: stderr.isTTY,
    colour,
    write(text) {
      if (sayAtEnd) held = [...held.slice(1 - MOST_HELD), text];
      else if (terminal === undefined) stderr.write(text);
      else terminal.above(text);
    },
  });
  const close = (): void => {
    terminal?.close();
    stderr.write(held.join(''));
  };
  const writeTable = stderr.isTTY && !quiet ? (text: string) => void stderr.write(text) : undefined;
  return { log, terminal, colour, writeTable, close };
}
