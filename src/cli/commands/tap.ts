import { InvalidArgumentError, Option } from 'commander';
import type { Declare } from './declare.ts';
import { durationOption } from './options.ts';
import { FILTER_NAMES } from '../../feed/filters.ts';

interface TapFlags {
  readonly match: readonly (readonly [name: string, globs: string])[];
  readonly fields?: string;
  readonly limit?: number;
  readonly for?: number;
  readonly rate?: number;
  readonly pid?: number;
}

export const declareTap: Declare = ({ program, examples, done }) => {
  program
    .command('tap')
    .summary('show the records that pass a stage of a running pipeline')
    .description(
      'Shows the records that pass a stage of a pipeline that runs on this machine: what comes out of a source or operator, ' +
        'or is handed to a sink. A stage is given by its name or number; without one it is what all sinks are handed. ' +
        'Without arguments it lists what runs, and the stages. In columns on a terminal, NDJSON in a pipe; secrets are ' +
        'redacted. It changes nothing, and holds nothing up: what comes faster than --rate, or than it is read, is skipped ' +
        'and counted on stderr. Only processes of the same user are seen.\n' +
        'Exit code: 0 ended, 1 the process was lost, 2 there is no such pipeline or stage, or several.',
    )
    .argument('[name[:stage]]', 'the pipeline, and its stage')
    .addOption(
      new Option(
        '-m, --match <name=glob,...>',
        `only such records: ${FILTER_NAMES.filter((name) => name !== 'fields').join(', ')}, or any other field by its path; all that are given must match`,
      )
        .argParser(matchOption)
        .default([], 'all'),
    )
    .option('--fields <names>', 'only these fields, such as time,container.name')
    .addOption(new Option('--limit <n>', 'end after so many records').argParser(countOption))
    .addOption(new Option('--for <duration>', 'end after so long').argParser(durationOption))
    .addOption(
      new Option('--rate <n>', 'show so many a second at most (default: 100)').argParser(countOption),
    )
    .addOption(
      new Option('--pid <pid>', 'of this process, where several run the pipeline').argParser(countOption),
    )
    .addHelpText(
      'after',
      examples(
        'tap',
        'tap events-to-file',
        'tap events-to-file:1 --match action=die,oom --match container=web-*',
        "tap stats-to-file:flattenStats --match 'cpu_percent=9?.*' --fields container,cpu_percent --for 10s",
        'tap events-to-file --limit 1 | jq .',
      ),
    )
    .action(async (target: string | undefined, { match, fields, limit, rate, pid, ...flags }: TapFlags) => {
      const { tapCommand, tapList } = await import('../tap-command.ts');
      if (target === undefined) return done(await tapList());
      const query = new URLSearchParams();
      for (const [name, globs] of match)
        if (FILTER_NAMES.includes(name as never)) query.append(name, globs);
        else query.append('where', `${name}=${globs}`);
      if (fields !== undefined) query.set('fields', fields);
      if (rate !== undefined) query.set('rate', String(rate));
      done(await tapCommand(target, { query, pid, limit: limit ?? Infinity, forMs: flags.for }));
    });
};

function matchOption(text: string, before: TapFlags['match']): TapFlags['match'] {
  const [, name, globs] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || name === 'fields')
    throw new InvalidArgumentError('It must be like container=web-*.');
  return [...before, [name, globs!]];
}

function countOption(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}
