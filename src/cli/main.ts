import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { parseDuration } from './duration.ts';
import { LOG_LEVELS } from './log.ts';
import type { LogLevel } from './log.ts';
import { oneLine } from './place.ts';
import type { SimulateWhen } from './simulate.ts';

/**
 * The command line. Returns the exit code: 0 done, 1 a pipeline failed, 2 wrong arguments or a wrong pipeline file,
 * 3 the drain was overdue, 130 and 143 ended by a second signal.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const [, script = '', ...args] = argv;
  process.setSourceMapsEnabled(true);
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

interface RunFlags {
  readonly drain: number;
  readonly simulate?: SimulateWhen;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
}

/** Every command, without the program's name: completion and the documents are made from it too. */
function createProgram(name: string, done: (code: number) => void): Command {
  const { version } = createRequire(import.meta.url)('dockrx/package.json') as { version: string };
  const program = new Command(name)
    .description('Runs dockrx pipelines: what a Docker host does, as typed streams.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });

  program
    .command('run')
    .summary('run pipeline files until they end or Ctrl-C')
    .description(
      'Runs every pipeline of the files in one process until all have ended or a signal stops them.\n' +
        'Data goes to stdout (only where a pipeline has a console sink), everything else to stderr.\n' +
        'Exit code: 0 ended or drained, 1 a pipeline failed, 2 a file is wrong, 3 the drain was overdue.',
    )
    .argument('<files...>', 'pipeline files: .ts, .mts, .js or .mjs')
    .addOption(
      new Option('--drain <duration>', 'how long what is under way may take after a stop')
        .argParser(durationOption)
        .default(10_000, '10s'),
    )
    .addOption(
      new Option(
        '--simulate [when]',
        'use a simulated Docker engine: --simulate=if-absent only where none answers',
      )
        .choices(['always', 'if-absent'])
        .preset('always'),
    )
    .option('-q, --quiet', 'print warnings and errors only')
    .addOption(new Option('--log-level <level>', 'how much to log').choices(LOG_LEVELS).default('info'))
    .addHelpText(
      'after',
      examples(name, [
        'run pipelines/stats-to-file.ts',
        'run a.ts b.ts --drain 30s',
        'run --simulate pipelines/events-to-file.ts',
      ]),
    )
    .action(async (files: string[], { drain, simulate, quiet = false, logLevel }: RunFlags) => {
      const { runCommand } = await import('./run-command.ts');
      done(await runCommand(files, { drainMs: drain, simulate, quiet, logLevel }));
    });
  return program;
}

const examples = (name: string, lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${name} ${line}\n`).join('')}`;

function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be like 500ms, 10s, 2m or 1h.');
  return ms;
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
  return `${oneLine(message)} (see '${help}')`;
}

function printCause(error: unknown): void {
  const { cause } = error as Error;
  if (cause instanceof Error && cause.stack !== undefined) process.stderr.write(`${cause.stack}\n`);
}
