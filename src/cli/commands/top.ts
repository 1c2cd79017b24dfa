import type { Declare } from './declare.ts';
import { simulateOption } from './options.ts';
import type { SimulateWhen } from '../simulate.ts';

interface TopFlags {
  readonly simulate?: SimulateWhen;
  readonly once?: boolean;
}

export const declareTop: Declare = ({ program, examples, done }) => {
  program
    .command('top')
    .summary('show what runs, what it uses and what happens in this terminal')
    .description(
      'Shows the containers of the Docker engine that is found on one screen: what they are and use, and what happens to ' +
        'them. Keys: q ends it, / filters, c m n d t a sort by CPU, memory, network, disk, uptime, name, p pauses.\n' +
        'In a pipe, or with --once, prints one table and ends: no cell has a space in it, and - is what is not known.\n' +
        'Exit code: 0 ended, 1 the engine cannot be read.',
    )
    .addOption(simulateOption())
    .option('--once', 'print one table as soon as there are rates, and end')
    .addHelpText('after', examples('top', 'top --simulate', "top --once | awk '$9 > 50 { print $1 }'"))
    .action(async ({ simulate, once = false }: TopFlags) => {
      const { topCommand } = await import('../top-command.ts');
      done(await topCommand({ simulate, once }));
    });
};
