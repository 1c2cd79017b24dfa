import { setTimeout as sleep } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { counter, onFact, pipeline, prometheus, readings, runPipeline } from '../../src/index.ts';
import type { Reading } from '../../src/index.ts';
import { labelsOf, names, samplesOf } from './containers.ts';
import type { Sample } from './containers.ts';
import { measured } from './measure.ts';
import { heapMiB, rssMiB, scrape } from './metrics.ts';

interface Destroyed {
  readonly destroyed: string;
}
type Any = Sample | Destroyed;

const GRACE_MS = 1_000;
/** Created before the first is destroyed, as a host has them. */
const AT_ONCE = 200;

await measured(async ({ amount }) => {
  const records = new Subject<Any>();
  const isSample = (record: Any): record is Sample => 'values' in record;
  const idOf = (record: Any): string => (isSample(record) ? record.labels['id']! : record.destroyed);
  const ends = { of: (record: Any) => (isSample(record) ? undefined : record.destroyed), graceMs: GRACE_MS };
  const sink = prometheus<Any>({
    listen: '127.0.0.1:0',
    self: false,
    metrics: [
      readings<Any, Sample>({
        of: isSample,
        key: idOf,
        labels: ({ labels }) => labels,
        metrics: names.map((name, n): Reading<Sample> => ({
          name,
          help: name,
          type: 'gauge',
          read: ({ values }) => values[n],
        })),
        ends,
      }),
      counter<Any>({
        name: 'samples_total',
        help: 'Samples.',
        labels: (record) => ({ id: idOf(record) }),
        key: idOf,
        ends,
      }),
    ],
  });
  const opened = new Promise<string>((resolve) => {
    onFact((fact) => {
      if (fact.type === 'opened') resolve(fact.target);
    });
  });
  runPipeline(pipeline('bench', records, sink));
  const url = await opened;
  const seriesNow = async (): Promise<number> => (await scrape(url, 1)).samples;
  const churn = async (from: number, to: number): Promise<number> => {
    let most = 0;
    for (let n = from; n < to; n += 1) {
      records.next(samplesOf([labelsOf(n)], n)[0]!);
      const old = n - AT_ONCE;
      if (old >= from) records.next({ destroyed: labelsOf(old)['id']! });
      if (n % 10_000 === 9_999) most = Math.max(most, await seriesNow());
    }
    for (let n = Math.max(from, to - AT_ONCE); n < to; n += 1)
      records.next({ destroyed: labelsOf(n)['id']! });
    await sleep(GRACE_MS);
    return most;
  };
  // Once before: code that has run, and pages that the process keeps, are none of the containers'.
  await churn(0, amount);
  const rssBefore = rssMiB();
  const heapBefore = heapMiB();
  const cpu = process.cpuUsage();
  const mostSeries = await churn(amount, 2 * amount);
  const { user, system } = process.cpuUsage(cpu);
  return {
    mostSeries,
    seriesAfter: await seriesNow(),
    rssBefore,
    rssAfter: rssMiB(),
    heapBefore,
    heapAfter: heapMiB(),
    containerUs: (user + system) / amount,
  };
});
