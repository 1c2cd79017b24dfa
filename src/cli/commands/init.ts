import { Argument } from 'commander';
import type { Declare } from './declare.ts';

export const declareInit: Declare = ({ program, examples, done }) => {
  program
    .command('init')
    .summary('write a folder with a pipeline and its test to begin with')
    .description(
      'Writes a pipeline, its test, package.json, tsconfig.json and .gitignore into a folder, which is made where it is not ' +
        'there, and prints what to do next. Writes over nothing: what is in the way is named, with exit code 2.',
    )
    .addArgument(new Argument('[folder]', 'where').default('.', 'the current one'))
    .addHelpText('after', examples('init my-pipelines'))
    .action(async (folder: string) => {
      const { initCommand } = await import('../init-command.ts');
      done(await initCommand(folder));
    });
};
