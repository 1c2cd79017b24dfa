import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildCandidates } from './build.ts';
import { startProcess, startSimulatorProcess } from './processes.ts';

const HELP = `npm run soak -- [options]

Runs the two shipped pipelines for minutes against a lively simulated engine and prints, every ten seconds,
the memory and the open resources of their process: all of them should stay flat after the first minute.

  --containers N   default 200
  --minutes N      default 10
`;

const { values } = parseArgs({
  options: {
    containers: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '10' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) process.stdout.write(HELP);
else {
  const bin = await buildCandidates();
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-soak-'));
  const load = ['--containers', values.containers, '--events-per-second', '20'];
  const simulator = await startSimulatorProcess(bin, join(folder, 'engine.sock'), load);
  const soaked = startProcess(bin, 'soak', [simulator.socketPath, folder, values.minutes]);
  soaked.stdout.pipe(process.stdout);
  await soaked.ended;
  await simulator.stop();
  await sleep(100);
  await rm(folder, { recursive: true });
}
