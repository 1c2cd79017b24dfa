import { startProgram } from './program.ts';
import type { Started } from './program.ts';

/** What a terminal shows after such output: cursor up, erase below, line breaks and colours; lines do not wrap. */
export function screenAfter(output: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  for (const [token, count, command] of output.matchAll(/\u001b\[(\d*)([A-Za-z])|[^]/g)) {
    if (command === 'A') row = Math.max(0, row - Number(count));
    else if (command === 'J') lines.splice(row, lines.length, (lines[row] ?? '').slice(0, column));
    else if (command === 'm') continue;
    else if (command !== undefined)
      throw new Error(`no terminal command ${JSON.stringify(token)} is expected`);
    else if (token === '\n') row += 1;
    else if (token === '\r') column = 0;
    else {
      const line = (lines[row] ?? '').padEnd(column);
      lines[row] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
    }
    lines[row] ??= '';
  }
  return lines.map((line) => line.trimEnd());
}

/** A terminal's environment, wherever the tests run: in CI Node takes a terminal to have no colours. */
const USUAL = {
  ...{ TERM: 'xterm', SHELL: '/bin/sh' },
  ...{ CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, NODE_DISABLE_COLORS: undefined },
};

/** Runs a command on a terminal of its own; what it writes to stdout and stderr comes as `stdout`. */
export function startOnTerminal(
  command: readonly string[],
  size: { readonly columns: number; readonly rows: number },
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Started {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const line = `stty cols ${size.columns} rows ${size.rows} -echo; exec ${quoted}`;
  const args = ['--quiet', '--return', '--flush', '--command', line, '/dev/null'];
  return startProgram('script', args, cwd, { ...USUAL, ...env });
}
