import type { Declare } from './declare.ts';
import { filesArgument } from './options.ts';

export const declareCheck: Declare = ({ program, examples, done }) => {
  program
    .command('check')
    .summary('load and type-check pipeline files without connecting')
    .description(
      'Loads the files without connecting to anything, then checks their types with TypeScript. ' +
        'Prints a line for each pipeline. Exit code: 0 all are right, 2 a file is wrong.',
    )
    .addArgument(filesArgument())
    .addHelpText('after', examples('check pipelines/stats-to-file.ts'))
    .action(async (files: string[]) => {
      const { checkCommand } = await import('../check-command.ts');
      done(await checkCommand(files));
    });
};
