import { setTimeout as sleep } from 'node:timers/promises';
import { tap } from 'rxjs';
import { audit } from '../src/core/audit.ts';
import { messageOf } from '../src/core/errors.ts';
import { dockerEngine, dockerEvents, onFact, pipeline, runPipeline } from '../src/index.ts';
import type { Run, RunResult } from '../src/index.ts';
import { outputText, writtenIn } from './output.ts';
import type { Written } from './output.ts';
import type { Plan } from './plan.ts';
import { openOutlet } from './sinks.ts';
import type { Ended, Subject } from './subject.ts';

const RESTART_MS = 10;

/** Runs a pipeline in this process, and again where an answer of 4xx has ended it, as a service manager would. */
export function inProcess(plan: Plan, address: string, folder: string, say: (text: string) => void): Subject {
  const silence = onFact(({ type, stage, ...rest }) => {
    const error = 'error' in rest ? ` ${messageOf(rest.error)}` : '';
    const message = 'message' in rest ? ` ${rest.message}` : '';
    if (type === 'connected') connected = true;
    say(`${stage} ${type}${error}${message}`);
  });
  const outlets = plan.sinks.map((kind, i) => openOutlet(kind, `${folder}/out-${i}`, plan));
  const ids = new Set<string>();
  let connected = false;
  let records = 0;
  /** Of those the engine's own. */
  let published = 0;
  let last: string | undefined;
  const subject = pipeline(
    'faults',
    dockerEvents({
      engine: dockerEngine({ address, host: 'simulated', headerTimeoutMs: 400 }),
      labels: ['*'],
      execCommands: 'keep',
    }),
    tap((record) => {
      records += 1;
      if (record.kind === 'gap' || record.synthetic === true) return;
      published += 1;
      last = record.timeNano;
      ids.add(record.id);
    }),
    outlets.map(({ sink }) => sink),
  );
  const stop = new AbortController();
  const start = (): Run => runPipeline(subject, { stop: stop.signal, backoff: { firstMs: 5, maxMs: 50 } });

  const supervise = async (): Promise<readonly RunResult[]> => {
    const results: RunResult[] = [];
    for (;;) {
      const result = await start().done;
      results.push(result);
      const refused = (result.error as { code?: unknown } | undefined)?.code === 'SOURCE_REFUSED';
      if (!refused || stop.signal.aborted) return results;
      await sleep(RESTART_MS);
    }
  };
  const over = supervise();

  const end = async (): Promise<Ended> => {
    stop.abort();
    const results = await over;
    silence();
    const outputs = outlets.map((outlet, i) => {
      const counters = results.map(({ stages }) => stages.filter(({ kind }) => kind === 'sink')[i]!);
      const text = outputText(outlet.folder);
      // Gaps and synthetic records may be among what was dropped.
      const lost = records - published - writtenIn(text).filter(isOwn).length;
      const output = {
        name: outlet.kind,
        text,
        dropped: sum(counters.map(({ dropped }) => total(dropped))) - lost,
        delivered: sum(counters.map(({ delivered }) => delivered)),
      };
      outlet.close();
      return output;
    });
    return { outputs, wrong: [...endings(plan, results), ...miscounted(results, records)] };
  };
  return {
    ready: () => connected,
    lastTaken: () => last,
    has: (id) => ids.has(id),
    act: async (act) => {
      await Promise.all(outlets.map((outlet) => outlet.act(act)));
    },
    end,
  };
}

/** The engine did not publish it. */
const isOwn = (item: Written): boolean => item.kind === 'gap' || (item.kind === 'event' && item.synthetic);

const sum = (numbers: readonly number[]): number => numbers.reduce((all, next) => all + next, 0);
const total = (reasons: Readonly<Record<string, number>>): number => sum(Object.values(reasons));

/** Every run but the last ended by an answer of 4xx, which only a fault gives; the last drained. */
function endings({ steps }: Plan, results: readonly RunResult[]): readonly string[] {
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

/** Whether the books of every run balance, and agree with the records that were seen to pass. */
function miscounted(results: readonly RunResult[], records: number): readonly string[] {
  const sources = results.flatMap(({ stages }) => stages.filter(({ kind }) => kind === 'source'));
  const counted = sum(sources.map(({ delivered }) => delivered));
  const imbalances = results.flatMap(({ stages }) => audit(stages));
  return [
    ...(counted === records ? [] : [`the source counted ${counted} records, ${records} came`]),
    ...imbalances.map(({ where, missing }) => `the books do not balance at ${where}: ${missing} are missing`),
  ];
}
