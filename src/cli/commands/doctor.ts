import { Argument } from 'commander';
import type { Declare } from './declare.ts';

export const declareDoctor: Declare = ({ program, examples, done }) => {
  program
    .command('doctor')
    .summary('tell whether the engine and this machine have what pipelines need')
    .description(
      'Asks the engine what the sources ask, once each and by GET, looks at what this user may read and write here, and ' +
        'tells of each pipeline of this package, or of the files, what it needs, what is missing, and what to do.\n' +
        'Exit code: 0 nothing is red, 1 something is, 2 a file is wrong.',
    )
    .addArgument(new Argument('[files...]', "pipeline files; default: this package's"))
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', examples('doctor', 'doctor pipelines/live.ts', 'doctor --json | jq .ok'))
    .action(async (files: string[], { json = false }: { readonly json?: boolean }) => {
      const { doctorCommand } = await import('../doctor-command.ts');
      done(await doctorCommand(files, { json }));
    });
};
