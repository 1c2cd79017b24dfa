// Do something about a container whose health check has failed for five minutes: run the program that ON_UNHEALTHY names,
// with the container's name and id, once for each time it stays so. A script with `docker restart "$1"` heals.
// dockrx itself only ever reads from the engine. A program that fails is told, and not run again.
import { dockerContainers, dockerEvents, from, pipeline, PipelineError, queued, unhealthyFor } from 'dockrx';
import type { Unhealthy } from 'dockrx';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { filter } from 'rxjs';

const run = promisify(execFile);
const program = process.env['ON_UNHEALTHY'];

const command = queued({
  name: 'command',
  target: program ?? 'ON_UNHEALTHY',
  encode: ({ container }: Unhealthy) => [container.name, container.id],
  sizeOf: ([name = '']) => name.length,
  batch: { bytes: 1, lingerMs: 0 },
  open: (tell) => {
    if (program === undefined)
      throw new PipelineError('CONFIG_INVALID', 'set ON_UNHEALTHY to the program to run');
    const write = async (all: readonly (readonly string[])[]): Promise<void> => {
      for (const args of all)
        await run(program, args, { timeout: 60_000 }).catch((error: unknown) => tell(String(error)));
    };
    return Promise.resolve({ write, close: () => Promise.resolve() });
  },
});

export default pipeline(
  'heal-unhealthy',
  from(dockerContainers(), dockerEvents()),
  unhealthyFor({ forMs: 5 * 60_000 }),
  filter((told) => told.kind === 'unhealthy'),
  command,
);
