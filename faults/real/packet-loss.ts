import { mkdirSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestEngine } from '../../test/harness/engines.ts';
import { openNamespace, type Namespace } from '../../test/harness/namespace.ts';
import type { Scenario } from './scenarios.ts';

/** A network of two: an engine, and a namespace for those who read it over TCP. Packets between them can be dropped. */
export interface Wire {
  readonly space: Namespace;
  /** the one folder that can be written to from there */
  readonly dir: string;
  /** of the engine, as in DOCKER_HOST */
  readonly address: string;
  readonly scenarios: readonly Scenario[];
  readonly close: () => Promise<void>;
}

/** What an engine must be started with. */
export const LISTEN_ON_WIRE = ['--host', 'tcp://0.0.0.0:2375'];

const LINK = 'faults0';
const CLIENT = '10.213.0.1';
const ENGINE = '10.213.0.2';
/** Longer than a TCP connection with keep-alive lives without an answer, and so short that it does not notice. */
const DEAD_MS = 40_000;
const SHORT_MS = 4000;
const LOSSY_MS = 10_000;

const run = promisify(execFile);

export async function openWire(engine: TestEngine): Promise<Wire> {
  // Below the engine's own folder, so that it goes with that.
  const dir = join(engine.dir, 'wire');
  mkdirSync(dir);
  const space = await openNamespace(dir);
  const ends = [
    'netns',
    String(space.pid),
    'type',
    'veth',
    'peer',
    'name',
    LINK,
    'netns',
    String(engine.pid),
  ];
  await run('ip', ['link', 'add', LINK, ...ends]);
  for (const [at, address] of [
    [(command: readonly string[]) => space.run(command), CLIENT],
    [(command: readonly string[]) => engine.inside(...command), ENGINE],
  ] as const) {
    await at(['ip', 'address', 'add', `${address}/30`, 'dev', LINK]);
    await at(['ip', 'link', 'set', LINK, 'up']);
  }

  const drop = async (match: readonly string[], ms: number): Promise<void> => {
    const rules = (how: '-A' | '-D'): Promise<unknown> =>
      Promise.all([
        space.run(['iptables', '-w', how, 'INPUT', '-i', LINK, ...match, '-j', 'DROP']),
        space.run(['iptables', '-w', how, 'OUTPUT', '-o', LINK, ...match, '-j', 'DROP']),
      ]);
    await rules('-A');
    await sleep(ms);
    await rules('-D');
  };
  /** Volumes come and go meanwhile, fewer than the engine remembers. */
  const during = async (dropping: Promise<void>, pairs: number, prefix: string): Promise<void> => {
    for (let i = 0; i < pairs; i += 1) {
      await engine.docker('volume', 'create', `${prefix}-${i}`);
      await engine.docker('volume', 'rm', `${prefix}-${i}`);
    }
    await dropping;
  };
  const random = ['-m', 'statistic', '--mode', 'random', '--probability', '0.3'];
  return {
    space,
    dir,
    address: `tcp://${ENGINE}:2375`,
    scenarios: [
      { name: 'no packet passes for a moment', run: () => during(drop([], SHORT_MS), 20, 'short') },
      { name: 'every third packet is lost', run: () => during(drop(random, LOSSY_MS), 30, 'lossy') },
      {
        name: 'no packet passes until the connection is dead',
        run: () => during(drop([], DEAD_MS), 50, 'dead'),
      },
    ],
    close: () => space.close(),
  };
}
