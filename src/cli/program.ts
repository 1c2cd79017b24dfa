import { Command } from 'commander';
import { declareCheck } from './commands/check.ts';
import { declareCompletion } from './commands/completion.ts';
import { declareDoctor } from './commands/doctor.ts';
import { declareGraph } from './commands/graph.ts';
import { declareInit } from './commands/init.ts';
import { declareList } from './commands/list.ts';
import { declareLive } from './commands/live.ts';
import { declareRecord } from './commands/record.ts';
import { declareRun } from './commands/run.ts';
import { declareTap } from './commands/tap.ts';
import { declareTest } from './commands/test.ts';
import { declareTop } from './commands/top.ts';
import { packageVersion } from './package-root.ts';

/** In the order that help lists them. */
const COMMANDS = [
  declareRun,
  declareInit,
  declareRecord,
  declareLive,
  declareTop,
  declareTap,
  declareCheck,
  declareTest,
  declareGraph,
  declareDoctor,
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
    examples('init my-pipelines', 'run pipelines/stats-to-file.ts', 'doctor', 'help run'),
  );
  for (const declare of COMMANDS) declare({ program, name, examples, done, print });
  return program;
}
