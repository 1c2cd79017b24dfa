import { Argument } from 'commander';
import type { Declare } from './declare.ts';

interface TestFlags {
  readonly grep?: string;
  readonly watch?: boolean;
}

export const declareTest: Declare = ({ program, examples, done }) => {
  program
    .command('test')
    .summary('run the tests of pipelines')
    .description(
      "Type-checks test files, and the pipelines they import, and runs them by Node's own runner: node:test, and\n" +
        'expectPipeline of dockrx/testing, where a pipeline meets records in virtual time. Folders stand for all ' +
        '*.test.ts below them; without any it is the current one.\n' +
        'Exit code: 0 all have passed, 1 a test has failed, 2 a file is wrong.',
    )
    .addArgument(new Argument('[files...]', 'test files, or folders'))
    .option('-g, --grep <pattern>', 'run only the tests whose name matches')
    .option('-w, --watch', 'run them again when a file changes')
    .addHelpText(
      'after',
      examples('test', 'test deaths.test.ts', 'test --watch', "test --grep 'tells a death' pipelines/"),
    )
    .action(async (files: string[], flags: TestFlags) => {
      const { testCommand } = await import('../test-command.ts');
      done(await testCommand(files, flags));
    });
};
