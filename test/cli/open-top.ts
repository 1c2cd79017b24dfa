import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { becomes } from '../sources/hear.ts';
import { fullScreenAfter } from './full-screen.ts';
import type { FullScreen } from './full-screen.ts';
import { PROGRAM } from './program.ts';
import type { Started } from './program.ts';
import { startOnTerminal } from './screen.ts';

/** `pipeline top` on a terminal of its own. */
export interface OnTerminal {
  readonly program: Started;
  readonly press: (keys: string) => void;
  readonly output: () => string;
  readonly screen: () => FullScreen;
  /** Resolves once the screen shows it. */
  readonly shows: (text: RegExp) => Promise<void>;
  readonly pid: () => number;
  readonly tty: () => string;
}

const SIZE = { columns: 120, rows: 30 };

/** Starts it in a folder, which must be empty, on 120 columns and 30 rows. */
export function openTop(folder: string, env: NodeJS.ProcessEnv, args: readonly string[] = []): OnTerminal {
  const script = 'tty > tty; exec "$@"';
  const command = ['sh', '-c', script, 'sh', process.execPath, PROGRAM, 'top', ...args];
  const program = startOnTerminal(command, SIZE, folder, env);
  let text = '';
  program.child.stdout!.on('data', (more: string) => (text += more));
  // Only whole updates: a chunk may end in the middle of one.
  const whole = (): string => text.slice(0, text.lastIndexOf('\u001b[?2026l') + 8);
  const screen = (): FullScreen => fullScreenAfter(whole(), SIZE.columns);
  return {
    program,
    press: (keys) => void program.child.stdin!.write(keys),
    output: () => text,
    screen,
    shows: (pattern) => becomes(() => pattern.test(screen().alternate?.join('\n') ?? '')),
    pid: () => childOf(program),
    tty: () => readFileSync(join(folder, 'tty'), 'utf8').trim(),
  };
}

/** Ends it where a test has failed before it could: `script` does not take what runs on its terminal with it. */
export function killTop(program: Started | undefined): void {
  if (program?.child.exitCode === null) process.kill(childOf(program), 'SIGKILL');
}

/** What `script` runs on its terminal. */
const childOf = ({ child: { pid } }: Started): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
