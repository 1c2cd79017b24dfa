import { Option } from 'commander';
import type { Declare } from './declare.ts';
import {
  bytesOption,
  drainOption,
  durationOption,
  filesArgument,
  levelOption,
  quietOption,
  simulateOption,
} from './options.ts';
import type { LogLevel } from '../log.ts';
import type { SimulateWhen } from '../simulate.ts';

interface RecordFlags {
  readonly out: string;
  readonly for?: number;
  readonly maxBytes?: number;
  readonly drain: number;
  readonly simulate?: SimulateWhen;
  readonly quiet?: boolean;
  readonly logLevel: LogLevel;
}

export const declareRecord: Declare = ({ program, examples, done }) => {
  program
    .command('record')
    .summary('record what the sources of pipeline files emit')
    .description(
      'Runs the sources of the files, not their operators and sinks, and writes what they emit to a folder, with the ' +
        'times it came: run --from FOLDER replays it. Ends by Ctrl-C, or as --for and --max-bytes say; what a crash leaves ' +
        'can be replayed too. Exit code: 0 ended, 1 a source failed, 2 a file is wrong, or the folder holds something.',
    )
    .addArgument(filesArgument())
    .requiredOption('--out <folder>', 'where to, a folder that holds nothing yet')
    .addOption(new Option('--for <duration>', 'how long').argParser(durationOption))
    .addOption(
      new Option('--max-bytes <bytes>', 'end once so much has been recorded, such as 500MiB').argParser(
        bytesOption,
      ),
    )
    .addOption(drainOption())
    .addOption(simulateOption())
    .addOption(quietOption())
    .addOption(levelOption())
    .addHelpText(
      'after',
      examples(
        'record pipelines/stats-to-file.ts --out recorded --for 1h',
        'record pipelines/stats-to-file.ts pipelines/events-to-file.ts --out recorded --max-bytes 2GiB',
      ),
    )
    .action(
      async (
        files: string[],
        { out: dir, for: forMs, maxBytes, drain, quiet = false, ...flags }: RecordFlags,
      ) => {
        const { runCommand } = await import('../run-command.ts');
        const recordTo = { dir, forMs, maxBytes };
        done(await runCommand(files, { ...flags, drainMs: drain, quiet, audit: false, recordTo }));
      },
    );
};
