import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../src/core/errors.ts';
import { inProcess } from './in-process.ts';
import { lost, missing, violations, type Terms } from './invariants.ts';
import { killedProcess } from './killed.ts';
import { writtenIn } from './output.ts';
import { isKilled, type Act, type Plan } from './plan.ts';
import { published } from './truth.ts';
import { openScene, type Scene } from './scene.ts';
import type { Ended, Output, Subject } from './subject.ts';

/** What came of a run. */
export interface Outcome {
  readonly seed: number;
  readonly published: number;
  readonly delivered: number;
  readonly gaps: number;
  readonly violations: readonly string[];
}

const PATIENCE_MS = 20_000;
const LOOK_MS = 3;

/**
 * Carries a plan out in a folder of its own and checks what has been written. Where something is wrong the folder
 * then has `plan.json`, `truth.ndjson`, `violations.txt` and every output in one file; `log.txt` grows as the run goes on.
 */
export async function carryOut(plan: Plan, folder: string): Promise<Outcome> {
  const began = performance.now();
  const say = (text: string): void =>
    appendFileSync(join(folder, 'log.txt'), `${(performance.now() - began).toFixed(0)} ms ${text}\n`);
  const files = openFiles();
  const isTold = (): boolean =>
    lost(scene.truth, subject.taken?.() ?? [], { gapsBy: gapsOf(plan), skipped: scene.skipped }).length === 0;
  const scene = await openScene(plan, folder, { lastTaken: () => subject.lastTaken(), isTold });
  const subject = open(plan, scene.proxy.address, folder, say);

  const found = [await reached(() => subject.ready() && scene.proxy.streams() > 0, 'it does not connect')];
  const undone = await schedule(plan, (act) => {
    say(`fault ${JSON.stringify(act)}`);
    return Promise.all([scene.act(act), subject.act(act)]);
  });
  say('healed');
  const fresh = `fresh-${plan.seed}`;
  scene.mark(fresh);
  found.push(await reached(() => subject.has(fresh), 'no fresh event came after the last fault'));
  // Whatever is missing is found by the next audit; that it is told is checked below.
  if (plan.kind === 'losses') found.push(await reached(isTold, 'not all that is missing was told of', 100));
  say('to be ended');
  const ended = await subject.end();
  say('ended');
  await scene.close();
  say('closed');
  found.push(await reached(() => openFiles() <= files, 'files or sockets were left open'));
  const checked = ended.outputs.map((output) => check(plan, scene, output));
  const all = [
    ...found.filter((text) => text !== undefined),
    ...undone,
    ...ended.wrong,
    ...checked.flatMap(({ wrong }) => wrong),
  ];
  if (all.length > 0) keepEvidence(folder, plan, scene, ended, all);
  return {
    seed: plan.seed,
    published: scene.truth.length,
    delivered: Math.max(...checked.map(({ lines }) => lines)),
    gaps: Math.max(...checked.map(({ gaps }) => gaps)),
    violations: all,
  };
}

function open(plan: Plan, address: string, folder: string, say: (text: string) => void): Subject {
  return isKilled(plan.kind) ? killedProcess(plan, address, folder) : inProcess(plan, address, folder, say);
}

/** Begins every step in its time and waits until all have healed; in words, what could not be done. */
async function schedule({ steps }: Plan, begin: (act: Act) => Promise<unknown>): Promise<readonly string[]> {
  const start = performance.now();
  const under: Promise<readonly string[]>[] = [];
  for (const { atMs, act } of steps) {
    const waitMs = atMs - (performance.now() - start);
    if (waitMs > 0) await sleep(waitMs);
    under.push(
      begin(act).then(
        () => [],
        (error: unknown) => [messageOf(error)],
      ),
    );
  }
  return [...new Set((await Promise.all(under)).flat())];
}

/** Waits until it is so; a violation when it does not become so. */
async function reached(
  isSo: () => boolean,
  otherwise: string,
  lookMs: number = LOOK_MS,
): Promise<string | undefined> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) return `${otherwise} within ${PATIENCE_MS / 1000} s`;
    await sleep(lookMs);
  }
  return undefined;
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

interface Checked {
  readonly lines: number;
  readonly gaps: number;
  readonly wrong: readonly string[];
}

/** A journal's gaps have the times at which records came. */
function gapsOf({ kind, steps }: Plan): Terms['gapsBy'] {
  if (kind === 'journal') return 'order';
  return steps.some(({ act }) => act.do === 'clock') ? 'either' : 'time';
}

/** One output against the truth: what the queue's policy dropped may be missing, so many and no more. */
function check(
  plan: Plan,
  { truth, skipped, untold, proxy }: Scene,
  { name, text, dropped, delivered }: Output,
): Checked {
  const output = writtenIn(text);
  const { patient, steps } = plan;
  const mayGap = !patient || steps.some(({ act }) => act.do === 'restart');
  const terms: Terms = {
    mayGap,
    gapsBy: gapsOf(plan),
    mayRepeat: plan.kind === 'journal',
    skipped,
    late: new Set([...skipped, ...proxy.spoiled.map((line) => published(line).identity)]),
    orderSlackNano: 0n,
    unpublished: untold(),
  };
  const lacking = missing(truth, output);
  const left = dropped === lacking.length ? new Set(lacking) : new Set();
  const wrong = violations(
    truth.filter((_, i) => !left.has(i)),
    output,
    terms,
  );
  const miscounted =
    delivered === undefined || delivered === output.length
      ? []
      : [`${output.length} lines, but ${delivered} counted as delivered`];
  return {
    lines: output.length,
    gaps: output.filter(({ kind }) => kind === 'gap').length,
    wrong: [...wrong, ...miscounted].map((each) => `${name}: ${each}`),
  };
}

function keepEvidence(
  folder: string,
  plan: Plan,
  { lines }: Scene,
  { outputs }: Ended,
  wrong: readonly string[],
): void {
  const keep = (name: string, texts: readonly string[]): void =>
    writeFileSync(join(folder, name), texts.map((text) => `${text}\n`).join(''));
  keep('plan.json', [JSON.stringify(plan, undefined, 1)]);
  keep('truth.ndjson', lines);
  keep('violations.txt', wrong);
  outputs.forEach(({ text }, i) => writeFileSync(join(folder, `out-${i}.ndjson`), text));
}
