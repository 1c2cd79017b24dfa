import { services } from './catalog.ts';
import type { Execs } from './execs.ts';
import { composeSpec } from './fleet.ts';
import type { Hub } from './hub.ts';
import { healthRetries } from './execs.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logs } from './logs.ts';
import type { Random } from './random.ts';
import type { Container, ContainerSpec } from './types.ts';
import type { World } from './world.ts';

/** Stories that can be played; `lively` picks from the first four for ever. */
export type ScenarioName = 'deploy' | 'crash-loop' | 'oom' | 'health-flapping' | 'engine-restart';

/** What a story waits for next: milliseconds, a condition, or something else that is under way. */
export type Step = number | (() => boolean) | Promise<unknown>;

/** What a story acts on. */
export interface Stage {
  readonly world: World;
  readonly hub: Hub;
  readonly lifecycle: Lifecycle;
  readonly execs: Execs;
  readonly logs: Logs;
  readonly random: Random;
  readonly seed: number;
  /** live-restore, and back after so many milliseconds */
  readonly restartEngine: (downMs: number) => Promise<void>;
}

export type Scenario = (stage: Stage, number: number) => Generator<Step, void>;

const MiB = 1024 ** 2;

const startNew = ({ lifecycle }: Stage, spec: Partial<ContainerSpec>): Container => {
  const container = lifecycle.create(spec);
  lifecycle.start(container);
  return container;
};

/** A compose project comes up, gets a new version of one service, and goes down again. */
function* deploy(stage: Stage, number: number): Generator<Step, void> {
  const { hub, world, lifecycle, execs, random, seed } = stage;
  const project = `release${number}`;
  const network = world.network(`${project}_default`);
  const tell = (type: string, action: string, id: string, attributes: Record<string, string>): void =>
    hub.publish({ type, action, id, attributes });
  const specs = services
    .filter(({ network: kind }) => kind === 'project')
    .map((service) => composeSpec(project, service, 1, seed));
  tell('network', 'create', network.id, { name: network.name, type: network.type });
  const up: Container[] = [];
  for (const spec of specs) {
    tell('image', 'pull', spec.image, { name: spec.image.replace(/:[^:/]*$/, '') });
    yield random.integer(300, 2000);
    for (const { name } of spec.volumes) tell('volume', 'create', name, { driver: 'local' });
    up.push(startNew(stage, spec));
    yield random.integer(200, 900);
  }
  for (const container of up) {
    if (container.health === 'none') continue;
    execs.probe(container, 0);
    yield 500;
  }
  yield 8000;
  const old = up.find(({ spec }) => spec.name === `${project}-api-1`)!;
  const image = old.spec.image.replace(/:.*$/, ':2.19.0');
  tell('image', 'pull', image, { name: image.replace(/:[^:/]*$/, '') });
  yield 1000;
  lifecycle.stop(old);
  lifecycle.remove(old);
  up[up.indexOf(old)] = startNew(stage, { ...old.spec, image });
  yield 15_000;
  for (const container of up.reverse()) {
    lifecycle.stop(container);
    yield 300;
    lifecycle.remove(container);
  }
  tell('network', 'destroy', network.id, { name: network.name, type: network.type });
  world.dropNetwork(network.name);
}

/** A process that cannot start: the policy tries three times, with a growing delay, and gives up. */
function* crashLoop(stage: Stage, number: number): Generator<Step, void> {
  const { lifecycle, logs } = stage;
  const container = startNew(stage, {
    name: `crashing-${number}`,
    image: 'registry.example.com/shop/api:2.18.1',
    command: ['node', 'server.js'],
    restartPolicy: { name: 'on-failure', maximumRetryCount: 3 },
  });
  for (let life = 0; life < 4; life++) {
    yield () => container.state === 'running';
    yield 700;
    logs.write(container, 'Error: connect ECONNREFUSED 10.0.0.5:5432', 'stderr');
    lifecycle.die(container, 1);
  }
  yield 5000;
  lifecycle.remove(container);
}

/** Memory grows until the kernel kills first a child and then the main process. */
function* outOfMemory(stage: Stage, number: number): Generator<Step, void> {
  const { lifecycle } = stage;
  const limit = 96 * MiB;
  const container = startNew(stage, {
    name: `leaking-${number}`,
    image: 'registry.example.com/shop/report:1.4.0',
    command: ['python', 'report.py'],
    memoryLimitBytes: limit,
  });
  for (let step = 1; step <= 8; step++) {
    yield 1000;
    container.pressureBytes = (limit / 8) * step;
    if (step === 4) lifecycle.oom(container, 'child');
  }
  yield 1000;
  lifecycle.oom(container, 'main');
  yield 5000;
  lifecycle.remove(container);
}

/** A health check that fails, recovers, and fails again. */
function* healthFlapping(stage: Stage, number: number): Generator<Step, void> {
  const { lifecycle, execs } = stage;
  const container = startNew(stage, {
    name: `flapping-${number}`,
    image: 'registry.example.com/shop/gateway:0.9.2',
    command: ['gateway'],
    healthCommand: 'wget -qO- http://127.0.0.1:8080/health || exit 1',
  });
  for (const exitCode of [
    0,
    ...Array<number>(healthRetries).fill(1),
    0,
    ...Array<number>(healthRetries).fill(1),
    0,
  ]) {
    yield 1500;
    execs.probe(container, exitCode);
  }
  yield 2000;
  lifecycle.stop(container);
  lifecycle.remove(container);
}

/** The engine is replaced under its containers: all streams are cut, the ring is forgotten. */
function* engineRestart({ restartEngine }: Stage): Generator<Step, void> {
  yield 3000;
  yield restartEngine(2000);
}

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  deploy,
  'crash-loop': crashLoop,
  oom: outOfMemory,
  'health-flapping': healthFlapping,
  'engine-restart': engineRestart,
};
