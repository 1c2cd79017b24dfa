import { Command } from 'commander';
import { declareCheck } from './commands/check.ts';
import { declareCompletion } from './commands/completion.ts';
import { declareList } from './commands/list.ts';
import { declareLive } from './commands/live.ts';
import { declareRun } from './commands/run.ts';
import { declareTap } from './commands/tap.ts';
import { declareTop } from './commands/top.ts';
import { packageVersion } from './package-root.ts';

/** In the order that help lists them. */
const COMMANDS = [
  declareRun,
  declareLive,
  declareTop,
  declareTap,
  declareCheck,
  declareList,
  declareCompletion,
];

/** Every command of the program; each hands its exit code to `done`. */
export function createProgram(name: string, done: (code: number) => void): Command {
  const program = new Command(name)
    .description('Runs dockrx pipelines: what a Docker host does, as typed streams.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  const examples = (...lines: readonly string[]): string =>
    `\nExamples:\n${lines.map((line) => `  $ ${name} ${line}\n`).join('')}`;
  const print = (text: string): void => {
    process.stdout.write(text);
    done(0);
  };

  program.addHelpText(
    'after',
    examples('run pipelines/stats-to-file.ts', 'check pipelines/*.ts', 'help run'),
  );
  for (const declare of COMMANDS) declare({ program, name, examples, done, print });
  return program;
}
