import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseListen } from '../http/address.ts';
import { parseDuration } from './duration.ts';
import { LOG_LEVELS } from './log.ts';
import type { LogLevel } from './log.ts';
import { packageVersion } from './package-root.ts';
import type { SimulateWhen } from './simulate.ts';
import { SHELLS } from './completion.ts';
import type { Shell } from './completion.ts';

interface TopFlags {
  readonly simulate?: SimulateWhen;
  readonly once?: boolean;
}

interface RunFlags {
  readonly drain: number;
  readonly simulate?: SimulateWhen;
  readonly state?: string;
  readonly listen?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
  readonly audit?: boolean;
  readonly engineMetrics?: string;
}

type LiveFlags = Pick<
  RunFlags,
  'drain' | 'simulate' | 'state' | 'listen' | 'tlsCert' | 'tlsKey' | 'quiet' | 'logLevel'
> & {
  readonly open: boolean;
};

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
  program
    .command('run')
    .summary('run pipeline files until they end or Ctrl-C')
    .description(
      'Runs every pipeline of the files in one process until all have ended or a signal stops them.\n' +
        'Records go to stdout only where a pipeline has a console sink; all else goes to stderr.\n' +
        'Exit code: 0 ended or drained, 1 a pipeline failed, 2 a file is wrong, 3 the drain was overdue,\n' +
        '4 an audit found that records are missing.',
    )
    .addArgument(filesArgument())
    .addOption(drainOption())
    .addOption(simulateOption())
    .addOption(stateOption())
    .addOption(serveOption())
    .addOption(certOption())
    .addOption(keyOption())
    .option(
      '--audit',
      'at the end print what became of every record at every stage, and check that none is missing',
    )
    .addOption(
      new Option(
        '--engine-metrics <url>',
        'audit too that all events the engine counted were received; http://HOST:PORT/metrics, as its metrics-addr',
      ).argParser(urlOption),
    )
    .addOption(quietOption())
    .addOption(levelOption())
    .addHelpText(
      'after',
      examples(
        'run pipelines/stats-to-file.ts pipelines/events-to-file.ts',
        'run --drain 30s --log-level debug pipelines/events-to-file.ts',
        'run --simulate=if-absent pipelines/stats-to-file.ts',
        'run --state /var/lib/dockrx pipelines/events-to-file.ts',
        'run --audit pipelines/events-to-file.ts',
        'run --listen 127.0.0.1:9900 pipelines/container-metrics.ts',
      ),
    )
    .action(async (files: string[], flags: RunFlags) => {
      const { drain, quiet = false, audit = false, engineMetrics, ...same } = flags;
      const { runCommand } = await import('./run-command.ts');
      const audits = audit || engineMetrics !== undefined;
      done(await runCommand(files, { ...same, drainMs: drain, quiet, audit: audits, engineMetrics }));
    });
  program
    .command('live')
    .summary('show what happens on a page in the browser')
    .description(
      'Runs pipelines/live.ts of this package: a live page of the containers, what they use and what happens to them,\n' +
        'from the Docker engine that is found. Prints its address, and opens it where there is a desktop.\n' +
        'From other machines it is read with a token only: --listen 0.0.0.0:9808, and DOCKRX_TOKEN in the environment.',
    )
    .addOption(simulateOption())
    .addOption(serveOption())
    .addOption(certOption())
    .addOption(keyOption())
    .option('--no-open', 'open no browser')
    .addOption(stateOption())
    .addOption(drainOption())
    .addOption(quietOption())
    .addOption(levelOption())
    .addHelpText(
      'after',
      examples(
        'live',
        'live --simulate',
        'live --no-open --listen 127.0.0.1:9900',
        'live --state ~/.local/state/dockrx',
      ),
    )
    .action(async ({ drain, quiet = false, ...flags }: LiveFlags) => {
      const { liveCommand } = await import('./live-command.ts');
      done(await liveCommand({ ...flags, drainMs: drain, quiet }));
    });
  program
    .command('top')
    .summary('show what runs, what it uses and what happens in this terminal')
    .description(
      'Shows the containers of the Docker engine that is found on one screen: what they are and use, and what happens to\n' +
        'them. Keys: q ends it, / filters, c m n d t a sort by CPU, memory, network, disk, uptime, name, p pauses.\n' +
        'In a pipe, or with --once, prints one table and ends: no cell has a space in it, and - is what is not known.\n' +
        'Exit code: 0 ended, 1 the engine cannot be read.',
    )
    .addOption(simulateOption())
    .option('--once', 'print one table as soon as there are rates, and end')
    .addHelpText('after', examples('top', 'top --simulate', "top --once | awk '$9 > 50 { print $1 }'"))
    .action(async ({ simulate, once = false }: TopFlags) => {
      const { topCommand } = await import('./top-command.ts');
      done(await topCommand({ simulate, once }));
    });
  program
    .command('check')
    .summary('load and type-check pipeline files without connecting')
    .description(
      'Loads the files without connecting to anything, then checks their types with TypeScript.\n' +
        'Prints a line for each pipeline. Exit code: 0 all are right, 2 a file is wrong.',
    )
    .addArgument(filesArgument())
    .addHelpText('after', examples('check pipelines/stats-to-file.ts'))
    .action(async (files: string[]) => {
      const { checkCommand } = await import('./check-command.ts');
      done(await checkCommand(files));
    });
  program
    .command('list')
    .description('list the sources, operators and sinks of dockrx')
    .addHelpText('after', examples('list'))
    .action(async () => {
      const { listComponents } = await import('./list-command.ts');
      print(listComponents());
    });
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `\nExamples:\n  $ source <(${name} completion bash)\n  $ ${name} completion fish > ~/.config/fish/completions/${name}.fish\n`,
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.ts');
      print(completionScript(shell, program));
    });
  return program;
}

const filesArgument = (): Argument => new Argument('<files...>', 'pipeline files: .ts, .mts, .js or .mjs');

const drainOption = (): Option =>
  new Option('--drain <duration>', 'how long what is under way may take after a stop')
    .argParser(durationOption)
    .default(10_000, '10s');
const simulateOption = (): Option =>
  new Option('--simulate [when]', 'use a simulated Docker engine; --simulate=if-absent: where none answers')
    .choices(['always', 'if-absent'])
    .preset('always');
const stateOption = (): Option =>
  new Option(
    '--state <folder>',
    'keep checkpoints there, a file a pipeline, and go on from them after a stop or a crash',
  ).env('DOCKRX_STATE');
const serveOption = (): Option =>
  new Option(
    '--listen <host:port>',
    'where sinks that serve do so, whatever their pipeline says; all of them on one server',
  )
    .env('DOCKRX_LISTEN')
    .argParser(listenOption);
const certOption = (): Option =>
  new Option('--tls-cert <file>', 'serve by TLS with this certificate (PEM, its chain behind it)').env(
    'DOCKRX_TLS_CERT',
  );
const keyOption = (): Option =>
  new Option('--tls-key <file>', "the certificate's key (PEM)").env('DOCKRX_TLS_KEY');
const quietOption = (): Option => new Option('-q, --quiet', 'print warnings and errors only');
const levelOption = (): Option =>
  new Option('--log-level <level>', 'how much to log').choices(LOG_LEVELS).default('info');

function listenOption(text: string): string {
  if (parseListen(text) === undefined)
    throw new InvalidArgumentError('It must be HOST:PORT, such as 127.0.0.1:9808 or [::1]:9808.');
  return text;
}

function urlOption(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('It must be like http://127.0.0.1:9323/metrics.');
  return text;
}

function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be like 500ms, 10s, 2m or 1h.');
  return ms;
}
