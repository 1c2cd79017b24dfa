import type { Declare } from './declare.ts';
import {
  certOption,
  drainOption,
  insecureOption,
  keyOption,
  levelOption,
  quietOption,
  serveOption,
  simulateOption,
  stateOption,
} from './options.ts';
import type { RunFlags } from './run.ts';

type LiveFlags = Pick<
  RunFlags,
  'drain' | 'simulate' | 'state' | 'listen' | 'insecure' | 'tlsCert' | 'tlsKey' | 'quiet' | 'logLevel'
> & {
  readonly open: boolean;
};

export const declareLive: Declare = ({ program, examples, done }) => {
  program
    .command('live')
    .summary('show what happens on a page in the browser')
    .description(
      'Runs pipelines/live.ts of this package: a live page of the containers, what they use and what happens to them, ' +
        'from the Docker engine that is found. Prints its address, and opens it where there is a desktop. ' +
        'From other machines it is read with --listen 0.0.0.0:9808 and a token, DOCKRX_TOKEN in the environment, or --insecure.',
    )
    .addOption(simulateOption())
    .addOption(serveOption())
    .addOption(insecureOption())
    .addOption(certOption())
    .addOption(keyOption())
    .option('--no-open', 'open no browser')
    .addOption(stateOption())
    .addOption(drainOption())
    .addOption(quietOption())
    .addOption(levelOption())
    .addHelpText(
      'after',
      examples(
        'live',
        'live --simulate',
        'live --no-open --listen 127.0.0.1:9900',
        'live --state ~/.local/state/dockrx',
      ),
    )
    .action(async ({ drain, quiet = false, ...flags }: LiveFlags) => {
      const { liveCommand } = await import('../live-command.ts');
      done(await liveCommand({ ...flags, drainMs: drain, quiet }));
    });
};
