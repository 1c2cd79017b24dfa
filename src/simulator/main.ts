import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSimulator, type SimulatorOptions } from './index.ts';

const help = `Runs a simulated Docker engine until SIGTERM, SIGINT or the end of a piped stdin.
Prints one line of JSON when it answers: {"socketPath":"...","host":"unix://...","pid":1}

  --socket PATH             where to listen (default: a fresh socket)
  --api-version 1.41…1.55   default 1.51
  --cgroup v1|v2            default v2
  --containers N            default 12
  --stats-every-ms N        default 1000
  --events-per-second N     or max: as fast as the slowest listener reads
  --events N                with max: stop after so many
  --scenario NAME[,NAME]    lively (default), quiet, deploy, crash-loop, oom, health-flapping, engine-restart
  --seed N                  default 1
`;

const flags = {
  socket: { type: 'string' },
  'api-version': { type: 'string' },
  cgroup: { type: 'string' },
  containers: { type: 'string' },
  'stats-every-ms': { type: 'string' },
  'events-per-second': { type: 'string' },
  events: { type: 'string' },
  scenario: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Values as given; what is no number becomes NaN and is refused by the simulator. */
function optionsOf(values: Readonly<Record<string, string | boolean | undefined>>): SimulatorOptions {
  const entries: readonly (readonly [keyof SimulatorOptions, string, (text: string) => unknown])[] = [
    ['socketPath', 'socket', String],
    ['apiVersion', 'api-version', String],
    ['cgroup', 'cgroup', String],
    ['containers', 'containers', Number],
    ['statsEveryMs', 'stats-every-ms', Number],
    ['eventsPerSecond', 'events-per-second', (text) => (text === 'max' ? Infinity : Number(text))],
    ['events', 'events', Number],
    ['scenario', 'scenario', (text) => (text.includes(',') ? text.split(',') : text)],
    ['seed', 'seed', Number],
  ];
  const given = entries.flatMap(([option, name, parse]) => {
    const value = values[name];
    return typeof value === 'string' ? [[option, parse(value)] as const] : [];
  });
  return Object.fromEntries(given);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: flags });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const { socketPath, host, close } = await startSimulator(optionsOf(values));
  const stop = (): void => {
    close().then(() => process.exit(0), fail);
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.once('end', stop).resume();
  process.stdout.write(`${JSON.stringify({ socketPath, host, pid: process.pid })}\n`);
}

const fail = (error: unknown): void => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
};

main().catch(fail);
