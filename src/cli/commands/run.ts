import { Option } from 'commander';
import { PipelineError } from '../../core/errors.ts';
import type { Declare } from './declare.ts';
import {
  certOption,
  drainOption,
  filesArgument,
  fromOption,
  insecureOption,
  keyOption,
  levelOption,
  quietOption,
  serveOption,
  simulateOption,
  speedOption,
  stateOption,
  urlOption,
} from './options.ts';
import type { LogLevel } from '../log.ts';
import type { SimulateWhen } from '../simulate.ts';

export interface RunFlags {
  readonly drain: number;
  readonly simulate?: SimulateWhen;
  readonly state?: string;
  readonly listen?: string;
  readonly insecure?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
  readonly audit?: boolean;
  readonly engineMetrics?: string;
  readonly from?: string;
  readonly speed?: number;
  readonly watch?: boolean;
}

export const declareRun: Declare = ({ program, examples, done }) => {
  program
    .command('run')
    .summary('run pipeline files until they end or Ctrl-C')
    .description(
      'Runs every pipeline of the files in one process until all have ended or a signal stops them.\n' +
        'With --from, on what pipeline record has recorded in place of their sources, and on the time of then.\n' +
        'Records go to stdout only where a pipeline has a console sink; all else goes to stderr.\n' +
        'Exit code: 0 ended or drained, 1 a pipeline failed, 2 a file is wrong, 3 the drain was overdue, ' +
        '4 an audit found that records are missing.\n' +
        '--watch: a file that changes, or one it imports, is loaded and its types are checked while the old one runs on; an ' +
        'error is said and changes nothing. Then the old pipelines drain, and the new ones go on where they were: sources ' +
        'by their names and order, counts by theirs. Lost is only what a source cannot bring again: one of RxJS alone begins ' +
        'anew, and what an engine no longer has after the drain is told as a gap. A window that is open is cut in two, and ' +
        'files that are read otherwise than by import are not watched. A pipeline that fails at once gives way to ' +
        'what it was; one that fails later is run again when its file changes.',
    )
    .addArgument(filesArgument())
    .addOption(drainOption())
    .addOption(simulateOption())
    .addOption(stateOption())
    .addOption(fromOption())
    .addOption(speedOption())
    .addOption(serveOption())
    .addOption(insecureOption())
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
    .addOption(
      new Option(
        '--watch',
        'run a file anew, without losing a record, when it or one it imports has changed',
      ).conflicts('engineMetrics'),
    )
    .addOption(quietOption())
    .addOption(levelOption())
    .addHelpText(
      'after',
      examples(
        'run pipelines/stats-to-file.ts pipelines/events-to-file.ts',
        'run --drain 30s --log-level debug pipelines/events-to-file.ts',
        'run --simulate=if-absent pipelines/stats-to-file.ts',
        'run --watch --simulate mine.ts',
        'run --state /var/lib/dockrx pipelines/events-to-file.ts',
        'run --audit pipelines/events-to-file.ts',
        'run --listen 127.0.0.1:9900 pipelines/container-metrics.ts',
        'run --from recorded --speed 100x pipelines/stats-to-file.ts',
      ),
    )
    .action(async (files: string[], flags: RunFlags) => {
      const { drain, quiet = false, audit = false, engineMetrics, from: dir, speed, ...same } = flags;
      const { runCommand } = await import('../run-command.ts');
      const audits = audit || engineMetrics !== undefined;
      if (speed !== undefined && dir === undefined)
        throw new PipelineError('CONFIG_INVALID', '--speed is for --from: a replay');
      const from = dir === undefined ? undefined : { dir, speed: speed ?? Infinity };
      done(await runCommand(files, { ...same, drainMs: drain, quiet, audit: audits, engineMetrics, from }));
    });
};
