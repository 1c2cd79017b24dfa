import { Subject } from 'rxjs';
import { onFact, pipeline, prometheus, readings, runPipeline } from '../../src/index.ts';
import type { Reading } from '../../src/index.ts';
import type { Family } from '../../src/sinks/prometheus/family.ts';
import { textFormat } from '../../src/sinks/prometheus/format.ts';
import { render } from '../../src/sinks/prometheus/render.ts';
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
    let families: readonly Family[] = [];
    const seen: typeof metrics = {
      names: metrics.names,
      open(terms) {
        const meter = metrics.open(terms);
        ({ families } = meter);
        return meter;
      },
    };
    const sink = prometheus({ metrics: [seen], listen: '127.0.0.1:0', self: false });
    const url = new Promise<string>((resolve) => {
      onFact((fact) => {
        if (fact.type === 'opened') resolve(fact.target);
      });
    });
    runPipeline(pipeline('bench', records, sink));
    return {
      url: await url,
      take: (sample) => records.next(sample),
      async text() {
        let bytes = 0;
        for await (const chunk of render(families, textFormat)) bytes += Buffer.from(chunk).length;
        return bytes;
      },
    };
  }),
);
