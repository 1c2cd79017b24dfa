import { Subject } from 'rxjs';
import { onFact, pipeline, prometheus, readings, runPipeline } from '../../src/index.ts';
import type { Reading } from '../../src/index.ts';
import { names } from './containers.ts';
import type { Sample } from './containers.ts';
import { measured } from './measure.ts';
import { feedAndScrape } from './metrics.ts';

await measured(({ amount }) =>
  feedAndScrape(amount, async () => {
    const records = new Subject<Sample>();
    const metrics = readings({
      of: (record: Sample): record is Sample => 'values' in record,
      key: ({ labels }) => labels['id']!,
      labels: ({ labels }) => labels,
      metrics: names.map((name, n): Reading<Sample> => ({
        name,
        help: name,
        type: 'gauge',
        read: ({ values }) => values[n],
      })),
    });
    const sink = prometheus({ metrics: [metrics], listen: '127.0.0.1:0', self: false });
    const url = new Promise<string>((resolve) => {
      onFact((fact) => {
        if (fact.type === 'opened') resolve(fact.target);
      });
    });
    runPipeline(pipeline('bench', records, sink));
    return { url: await url, take: (sample) => records.next(sample) };
  }),
);
