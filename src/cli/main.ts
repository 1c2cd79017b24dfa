import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { basename } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { oneLine } from './place.ts';
import { createProgram } from './program.ts';
import { isReaderLeft } from './reader-left.ts';

/**
 * The command line. Returns the exit code: 0 done, 1 a pipeline failed, 2 wrong arguments or a wrong pipeline file,
 * 3 the drain was overdue, 4 an audit found that records are missing. A second signal ends the process with 130 or 143.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [, script = '', ...args] = argv;
  process.setSourceMapsEnabled(true);
  // `pipeline list | head -1` is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isReaderLeft(error)) throw error;
  });
  // There is nobody left who could be told.
  process.stderr.on('error', () => undefined);
  let code = 0;
  const program = createProgram(basename(script, '.js'), (result) => (code = result));
  try {
    await program.parseAsync(separateSimulate(args), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      if (error.code !== 'commander.help') process.stderr.write(`${usageError(program, args, error)}\n`);
      return 2;
    }
    if ((error as { code?: unknown }).code !== 'CONFIG_INVALID') throw error;
    process.stderr.write(`${messageOf(error)}\n`);
    if (args.some((arg) => /^(--log-level=)?debug$/.test(arg))) printCause(error);
    return 2;
  }
}

/** `--simulate FILE` has no value: without this the file would be taken for one. */
function separateSimulate(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    const next = args[i + 1];
    return arg === '--simulate' && next !== 'always' && next !== 'if-absent' ? '--simulate=always' : arg;
  });
}

function usageError(program: Command, args: readonly string[], { message }: CommanderError): string {
  const command = program.commands.find((known) => known.name() === args[0]);
  const help = [program.name(), ...(command === undefined ? [] : [command.name()]), '--help'].join(' ');
  return `${oneLine(message)}; see ${help}`;
}

function printCause(error: unknown): void {
  const { cause } = error as Error;
  if (cause instanceof Error && cause.stack !== undefined) process.stderr.write(`${cause.stack}\n`);
}
