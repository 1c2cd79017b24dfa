import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunResult, StageCounters } from '../src/index.ts';
import { onFact } from '../src/index.ts';
import { messageOf } from '../src/core/errors.ts';
import { missing, violations, type Terms } from './invariants.ts';
import { outputText, writtenIn, type Written } from './output.ts';
import type { Act, Plan } from './plan.ts';
import { openScene, type Scene } from './scene.ts';
import { openOutlet, type Outlet } from './sinks.ts';
import { runSubject } from './subject.ts';

/** What came of a run. */
export interface Outcome {
  readonly seed: number;
  readonly published: number;
  readonly delivered: number;
  readonly gaps: number;
  readonly violations: readonly string[];
}

const FRESH_MS = 20_000;
const LOOK_MS = 3;

/**
 * Carries a plan out in this process, in a folder of its own, and checks what has been written. Where something is
 * wrong the folder then has `plan.json`, `truth.ndjson`, `log.txt`, `violations.txt` and every output in one file.
 */
export async function carryOut(plan: Plan, folder: string): Promise<Outcome> {
  const log: string[] = [];
  const began = performance.now();
  const say = (text: string): void => void log.push(`${(performance.now() - began).toFixed(0)} ms ${text}`);
  const silence = onFact(({ type, stage, ...rest }) => {
    const error = 'error' in rest ? ` ${messageOf(rest.error)}` : '';
    const message = 'message' in rest ? ` ${rest.message}` : '';
    say(`${stage} ${type}${error}${message}`);
  });
  const files = openFiles();
  const outlets = plan.sinks.map((kind, i) => openOutlet(kind, `${folder}/out-${i}`, plan));
  let taken = (): number => 0;
  const scene = await openScene(plan, folder, () => taken());
  const subject = runSubject(
    scene.proxy.address,
    outlets.map(({ sink }) => sink),
  );
  taken = subject.taken;

  // Its events are those from the second on in which it connects.
  const found = [await reached(() => scene.simulator.eventListeners > 0, 'it does not connect')];
  const failed = await schedule(plan, (act) => {
    say(`fault ${JSON.stringify(act)}`);
    return Promise.all([scene.act(act), ...outlets.map((outlet) => outlet.act(act))]);
  });
  found.push(...failed);
  say('healed');
  const fresh = `fresh-${plan.seed}`;
  scene.mark(fresh);
  found.push(await reached(() => subject.has(fresh), 'no fresh event came after the last fault'));
  const results = await subject.end();
  const texts = outlets.map((outlet) => outputText(outlet.folder));
  const outputs = texts.map(writtenIn);
  await scene.close();
  silence();
  found.push(await reached(() => openFiles() <= files, 'files or sockets were left open'));
  outlets.forEach((outlet) => outlet.close());
  const all = [
    ...found.filter((text) => text !== undefined),
    ...outlets.flatMap((outlet, i) => check(plan, scene, outlet, outputs[i]!, sinkCounters(results, i))),
    ...ends(plan, results),
    ...miscounted(results, subject.taken()),
  ];
  if (all.length > 0) keepEvidence(folder, plan, { truth: scene.lines, log, violations: all, texts });
  return {
    seed: plan.seed,
    published: scene.truth.length,
    delivered: Math.max(...outputs.map((output) => output.length)),
    gaps: outputs[0]!.filter(({ kind }) => kind === 'gap').length,
    violations: all,
  };
}

interface Evidence {
  readonly truth: readonly string[];
  readonly log: readonly string[];
  readonly violations: readonly string[];
  readonly texts: readonly string[];
}

function keepEvidence(folder: string, plan: Plan, { truth, log, violations: all, texts }: Evidence): void {
  const keep = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(''));
  keep('plan.json', [JSON.stringify(plan, undefined, 1)]);
  keep('truth.ndjson', truth);
  keep('log.txt', log);
  keep('violations.txt', all);
  texts.forEach((text, i) => writeFileSync(join(folder, `out-${i}.ndjson`), text));
}

/** Begins every step in its time and waits until all have healed; in words, what could not be done. */
async function schedule({ steps }: Plan, begin: (act: Act) => Promise<unknown>): Promise<readonly string[]> {
  const start = performance.now();
  const under: Promise<unknown>[] = [];
  for (const { atMs, act } of steps) {
    const waitMs = atMs - (performance.now() - start);
    if (waitMs > 0) await sleep(waitMs);
    under.push(begin(act));
  }
  const ended = await Promise.allSettled(under);
  const failures = ended.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
  return [...new Set(failures)];
}

/** Waits until it is so; a violation when it does not become so. */
async function reached(isSo: () => boolean, otherwise: string): Promise<string | undefined> {
  const deadline = performance.now() + FRESH_MS;
  while (!isSo()) {
    if (performance.now() > deadline) return `${otherwise} within ${FRESH_MS / 1000} s`;
    await sleep(LOOK_MS);
  }
  return undefined;
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, next) => total + next, 0);
const total = (reasons: Readonly<Record<string, number>>): number => sum(Object.values(reasons));

const sinkCounters = (results: readonly RunResult[], index: number): readonly StageCounters[] =>
  results.map(({ stages }) => stages.filter(({ kind }) => kind === 'sink')[index]!);

/** One output against the truth: what the queue's policy dropped may be missing, so many and no more. */
function check(
  plan: Plan,
  { truth }: Scene,
  { kind }: Outlet,
  output: readonly Written[],
  counters: readonly StageCounters[],
): readonly string[] {
  const terms: Terms = { stepped: plan.steps.some(({ act }) => act.do === 'clock'), mayRepeat: false };
  const dropped = sum(counters.map((stage) => total(stage.dropped)));
  const delivered = sum(counters.map((stage) => stage.delivered));
  const lacking = missing(truth, output).length;
  const counts = [
    delivered === output.length ? undefined : `${output.length} lines, but ${delivered} counted as delivered`,
    dropped === 0 || dropped === lacking
      ? undefined
      : `${lacking} are missing, but ${dropped} counted as dropped`,
  ];
  const expected = dropped === 0 ? truth : truth.filter(({ identity }) => isIn(output).has(identity));
  return [...violations(expected, output, terms), ...counts.filter((text) => text !== undefined)].map(
    (text) => `${kind}: ${text}`,
  );
}

const isIn = (output: readonly Written[]): ReadonlySet<string> =>
  new Set(output.flatMap((item) => (item.kind === 'event' ? [item.identity] : [])));

/** Every run but the last ended by an answer of 4xx, which only a fault gives; the last drained. */
function ends({ steps }: Plan, results: readonly RunResult[]): readonly string[] {
  const mayRefuse = steps.some(({ act }) => act.do === 'answer' && act.wrong === 404);
  return results.flatMap(({ outcome, abandoned, error }, i) => {
    const isLast = i === results.length - 1;
    const right = isLast ? outcome === 'stopped' : outcome === 'failed' && mayRefuse;
    return [
      ...(right ? [] : [`run ${i + 1} of ${results.length} ended as ${outcome}: ${messageOf(error)}`]),
      ...(abandoned === 0 ? [] : [`run ${i + 1} abandoned ${abandoned} records`]),
    ];
  });
}

/** What left a stage has come to the next; what a sink received is accounted for. */
function miscounted(results: readonly RunResult[], taken: number): readonly string[] {
  const stagesOf = (kind: string): readonly StageCounters[] =>
    results.flatMap(({ stages }) => stages.filter((stage) => stage.kind === kind));
  const given = sum(stagesOf('source').map(({ delivered }) => delivered));
  const unequal = stagesOf('sink').filter(
    ({ received, delivered, dropped, rejected, inFlight }) =>
      received !== delivered + total(dropped) + total(rejected) + inFlight,
  );
  return [
    ...(given === taken ? [] : [`the source counted ${given} records, ${taken} came`]),
    ...unequal.map((stage) => `the books of ${stage.name} do not balance: ${JSON.stringify(stage)}`),
    ...results.flatMap(({ stages }) => {
      const fed = sum(stages.filter(({ kind }) => kind === 'source').map(({ delivered }) => delivered));
      return stages
        .filter(({ kind, received }) => kind === 'sink' && received !== fed)
        .map(({ name, received }) => `${name} received ${received} of ${fed} records`);
    }),
  ];
}
