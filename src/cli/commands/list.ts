import type { Declare } from './declare.ts';

export const declareList: Declare = ({ program, examples, print }) => {
  program
    .command('list')
    .description('list the sources, operators and sinks of dockrx')
    .addHelpText('after', examples('list'))
    .action(async () => {
      const { listComponents } = await import('../list-command.ts');
      print(listComponents());
    });
};
