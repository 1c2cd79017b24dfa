import { Argument } from 'commander';
import type { Declare } from './declare.ts';
import { SHELLS } from '../completion.ts';
import type { Shell } from '../completion.ts';

export const declareCompletion: Declare = ({ program, name, print }) => {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `\nExamples:\n  $ source <(${name} completion bash)\n  $ ${name} completion fish > ~/.config/fish/completions/${name}.fish\n`,
    )
    .action(async (shell: Shell) => {
      const { completionScript } = await import('../completion.ts');
      print(completionScript(shell, program));
    });
};
