import { Option } from 'commander';
import { GRAPH_FORMATS } from '../graph/formats.ts';
import type { GraphFormat } from '../graph/formats.ts';
import type { Declare } from './declare.ts';
import { filesArgument } from './options.ts';

interface GraphFlags {
  readonly format?: GraphFormat;
  readonly out?: string;
}

export const declareGraph: Declare = ({ program, examples, done }) => {
  program
    .command('graph')
    .summary('draw the stages of pipeline files')
    .description(
      'Draws the sources, operators and sinks of every pipeline of the files, without connecting to anything: ' +
        'as Mermaid, which Markdown on GitHub shows, for Graphviz, or as a picture. What RxJS composes, an operator of its ' +
        'own or pipe(…) in front of a sink, is one stage with a dashed border: nobody can look inside.',
    )
    .addArgument(filesArgument())
    .addOption(
      new Option('--format <format>', 'default: as the ending of --out says, else mermaid').choices(
        GRAPH_FORMATS,
      ),
    )
    .option('--out <file>', 'write there, over what is there, in place of stdout')
    .addHelpText(
      'after',
      examples(
        'graph pipelines/live.ts',
        'graph pipelines/*.ts --out pipelines.svg',
        'graph --format dot pipelines/live.ts | dot -Tpng > live.png',
      ),
    )
    .action(async (files: string[], flags: GraphFlags) => {
      const { graphCommand } = await import('../graph-command.ts');
      done(await graphCommand(files, flags));
    });
};
