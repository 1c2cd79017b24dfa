import { setTimeout as sleep } from 'node:timers/promises';
import type { TestEngine } from '../../test/harness/engines.ts';

/** What is done to a real engine while dockrx reads it; ends when the engine answers again. */
export interface Scenario {
  readonly name: string;
  readonly run: (engine: TestEngine) => Promise<void>;
}

const BURST_EVENTS = 5000;
const PARALLEL = 32;
const MANY_CONTAINERS = 200;
const KILLED_WITHIN_MS = 300_000;
const STANDSTILL_MS = 5000;
const DOWN_MS = 1500;

const stopsQuickly = ['--stop-timeout', '1'];

const runDetached = (engine: TestEngine, name: string, ...more: readonly string[]): Promise<string> =>
  engine.docker(
    'run',
    '--detach',
    '--network',
    'none',
    '--name',
    name,
    ...stopsQuickly,
    ...more,
    engine.image,
  );

/** Runs a task so often, some at the same time. */
async function many(
  count: number,
  parallel: number,
  task: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: parallel }, work));
}

/** A few containers of every kind, with something going on. */
async function busy(engine: TestEngine): Promise<void> {
  await runDetached(engine, 'stays', '--restart', 'always', '--label', 'note=größe 🐳');
  await runDetached(engine, 'ends');
  await engine.docker('exec', 'stays', 'true');
  await engine.docker('kill', 'ends');
}

/** Ends the main process of a container behind the engine's back. */
async function endBehind(engine: TestEngine, pid: string): Promise<void> {
  await engine.inside('kill', '-9', pid);
}

const pidOf = (engine: TestEngine, name: string): Promise<string> =>
  engine.docker('inspect', '--format', '{{.State.Pid}}', name);

const ended =
  (signal: NodeJS.Signals): Scenario['run'] =>
  async (engine) => {
    await busy(engine);
    await engine.kill(signal);
    await sleep(DOWN_MS);
    await engine.restart();
    await engine.docker('exec', 'stays', 'true');
  };

const dieWhileDown: Scenario['run'] = async (engine) => {
  await busy(engine);
  await runDetached(engine, 'dies');
  const pids = await Promise.all(['stays', 'dies'].map((name) => pidOf(engine, name)));
  await engine.kill('SIGKILL');
  for (const pid of pids) await endBehind(engine, pid);
  await engine.restart();
};

const standStill: Scenario['run'] = async (engine) => {
  await busy(engine);
  await runDetached(engine, 'short', '--rm');
  await engine.freeze();
  await sleep(STANDSTILL_MS);
  engine.thaw();
  await engine.docker('rm', '--force', 'short');
};

const burst: Scenario['run'] = async (engine) => {
  await runDetached(engine, 'bursts');
  await many(BURST_EVENTS, PARALLEL, (number) =>
    engine.api('POST', '/containers/bursts/exec', { Cmd: ['echo', `größe ${number}`] }),
  );
};

const killMany: Scenario['run'] = async (engine) => {
  await many(MANY_CONTAINERS, 4, async (number) => {
    const { Id } = (await engine.api('POST', `/containers/create?name=many-${number}`, {
      Image: engine.image,
      HostConfig: { NetworkMode: 'none' },
    })) as { Id: string };
    await engine.api('POST', `/containers/${Id}/start`);
  });
  // An engine that is this busy may answer after minutes: what counts is that all of them end.
  await many(MANY_CONTAINERS, MANY_CONTAINERS, (number) =>
    engine.api('POST', `/containers/many-${number}/kill`).catch(() => undefined),
  );
  const deadline = performance.now() + KILLED_WITHIN_MS;
  while (((await engine.api('GET', '/containers/json')) as unknown[]).length > 0) {
    if (performance.now() > deadline) throw new Error('not all containers ended');
    await sleep(100);
  }
};

/** On an engine that ends its containers when it ends. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'SIGTERM', run: ended('SIGTERM') },
  { name: 'SIGKILL', run: ended('SIGKILL') },
  { name: 'containers that die while it is down', run: dieWhileDown },
  { name: 'SIGSTOP', run: standStill },
  { name: `a burst of ${BURST_EVENTS} events`, run: burst },
  { name: `kill of ${MANY_CONTAINERS} containers at once`, run: killMany },
];

/** On one with `--live-restore`. */
export const LIVE_RESTORE: readonly Scenario[] = [
  { name: 'SIGTERM with live-restore', run: ended('SIGTERM') },
  { name: 'SIGKILL with live-restore', run: ended('SIGKILL') },
  { name: 'containers that die while it is down, with live-restore', run: dieWhileDown },
];
