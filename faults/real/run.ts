import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine, type TestEngine } from '../../test/harness/engines.ts';
import type { EngineKind } from '../../test/harness/kinds.ts';
import { messageOf } from '../../src/core/errors.ts';
import { violations } from '../invariants.ts';
import { writtenIn, type Written } from '../output.ts';
import { observe } from './observer.ts';
import { LISTEN_ON_WIRE, openWire } from './packet-loss.ts';
import { readHere, readInside, type Reader } from './readers.ts';
import { LIVE_RESTORE, SCENARIOS, type Scenario } from './scenarios.ts';

export interface RealOutcome {
  readonly scenario: string;
  readonly published: number;
  readonly delivered: number;
  readonly gaps: number;
  readonly seconds: number;
  readonly violations: readonly string[];
}

const KEPT = fileURLToPath(new URL('../../.cache/faults/real', import.meta.url));
const PATIENCE_MS = 120_000;
const LOOK_MS = 20;
/** Two subscribers of an engine hear what happens at the same time in orders of their own: this far apart at most. */
const ORDER_SLACK_NANO = 100_000_000n;

/** Who reads an engine, and where to. */
interface Reading {
  readonly dir: string;
  readonly read: (folder: string) => Reader;
}

/** Plays every scenario on real engines of a kind, one after the other, until it is too late to begin another. */
export async function runReal(
  kind: EngineKind,
  deadlineMs: number,
  heard: (outcome: RealOutcome) => void,
): Promise<void> {
  const play = async (
    engine: TestEngine,
    scenarios: readonly Scenario[],
    reading: Reading,
  ): Promise<void> => {
    for (const scenario of scenarios)
      if (performance.now() < deadlineMs) heard(await carryOut(scenario, engine, reading));
  };
  const here = ({ dir, dockerHost }: TestEngine): Reading => ({
    dir,
    read: (folder) => readHere(dockerHost, folder),
  });
  const plain = await startEngine(kind);
  await play(plain, SCENARIOS, here(plain)).finally(() => plain.stop());
  const restoring = await startEngine(kind, ['--live-restore', ...LISTEN_ON_WIRE]);
  try {
    await play(restoring, LIVE_RESTORE, here(restoring));
    const { dir, space, address, scenarios, close } = await openWire(restoring);
    const read = (folder: string): Reader => readInside(space, address, folder);
    await play(restoring, scenarios, { dir, read }).finally(close);
  } finally {
    await restoring.stop();
  }
}

async function carryOut(
  scenario: Scenario,
  engine: TestEngine,
  { dir, read }: Reading,
): Promise<RealOutcome> {
  const began = performance.now();
  const folder = join(dir, 'faults');
  mkdirSync(folder);
  const observer = observe(engine.socketPath);
  const reader = read(folder);
  const found: string[] = [];
  const reached = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await isSo())) {
      if (performance.now() > deadline) return void found.push(`${what} within ${PATIENCE_MS / 1000} s`);
      await sleep(LOOK_MS);
    }
  };
  const mark = async (name: string): Promise<void> => {
    await engine.docker('volume', 'create', name);
    const came = (): boolean => observer.has(name) && reader.text().includes(`"${name}"`);
    await reached(`${name} did not come`, came);
  };
  const [begin, end] = [`begin-${began.toFixed(0)}`, `end-${began.toFixed(0)}`];
  await reached('dockrx does not connect', async () => {
    await engine.docker('volume', 'create', `${begin}-0`);
    await engine.docker('volume', 'rm', `${begin}-0`);
    return reader.text().includes(`"${begin}-0"`);
  });
  try {
    await mark(begin);
    await scenario.run(engine);
    await mark(end);
  } catch (error) {
    found.push(
      `it could not be played to its end: ${messageOf(error)}; the engine's log ends: ${engine.logTail(3)}`,
    );
  }
  found.push(...(await reader.end()));
  observer.stop();
  await engine.removeAll();
  await engine.api('POST', '/volumes/prune');

  const truth = between(observer.truth, ({ actor }) => actor, begin, end);
  const output = between(writtenIn(reader.text()), actorOf, begin, end);
  const wrong = [
    ...found,
    ...violations(truth, output, {
      mayGap: true,
      skipped: new Set(),
      late: new Set(),
      gapsBy: 'time',
      mayRepeat: false,
      orderSlackNano: ORDER_SLACK_NANO,
      unpublished: Infinity,
    }),
  ];
  if (wrong.length > 0) keepEvidence(scenario.name, observer.lines, reader.text(), wrong);
  rmSync(folder, { recursive: true });
  return {
    scenario: scenario.name,
    published: truth.length,
    delivered: output.length,
    gaps: output.filter((item) => item.kind === 'gap').length,
    seconds: (performance.now() - began) / 1000,
    violations: wrong,
  };
}

const actorOf = (item: Written): string => (item.kind === 'event' ? item.actor : '');

/** What is behind the first mark, up to the last. */
function between<T>(
  items: readonly T[],
  actor: (item: T) => string,
  begin: string,
  end: string,
): readonly T[] {
  const actors = items.map(actor);
  return items.slice(actors.indexOf(`volume ${begin}`) + 1, actors.indexOf(`volume ${end}`) + 1);
}

function keepEvidence(name: string, lines: readonly string[], text: string, wrong: readonly string[]): void {
  const folder = join(KEPT, name.replaceAll(/\W+/g, '-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'truth.ndjson'), lines.map((line) => `${line}\n`).join(''));
  writeFileSync(join(folder, 'out.ndjson'), text);
  writeFileSync(join(folder, 'violations.txt'), wrong.map((line) => `${line}\n`).join(''));
}
