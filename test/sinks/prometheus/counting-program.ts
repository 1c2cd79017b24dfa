// Counts numbered records up to COUNT, serves the counts, and stays; says where, and how many it has counted, a line each:
//   counting-program.ts LISTEN CHECKPOINT COUNT
import { writeSync } from 'node:fs';
import { Observable } from 'rxjs';
import { checkpointFile } from '../../../src/checkpoints/checkpoint-file.ts';
import { defineSource } from '../../../src/core/define-source.ts';
import { onFact } from '../../../src/core/facts.ts';
import { pipeline } from '../../../src/core/pipeline.ts';
import { runPipeline } from '../../../src/core/run.ts';
import { prometheus } from '../../../src/sinks/prometheus.ts';
import { counter } from '../../../src/sinks/prometheus/counter.ts';
import { histogram } from '../../../src/sinks/prometheus/histogram.ts';

const [listen = '', checkpoint = '', count = ''] = process.argv.slice(2);
const total = Number(count);
let seq = 0;

interface Numbered {
  readonly seq: number;
  readonly time: string;
}

const numbers = defineSource<Numbered>({
  name: 'numbers',
  cursor: { read: () => seq, restore: (place) => void (seq = place as number) },
  open: () =>
    new Observable((out) => {
      const pump = (): void => {
        const time = new Date().toISOString();
        for (let left = 20; left > 0 && seq < total && !out.closed; left -= 1) {
          seq += 1;
          out.next({ seq: seq - 1, time });
        }
        if (seq < total && !out.closed) setImmediate(pump);
      };
      setImmediate(pump);
    }),
});
const exemplar = (record: Numbered): { seq: number } => ({ seq: record.seq });
const metrics = [
  counter({
    name: 'numbers_total',
    help: 'Numbers, by their last digit.',
    labels: (record: Numbered) => ({ last: record.seq % 10 }),
    exemplar,
  }),
  histogram({
    name: 'number_digits',
    help: 'How long numbers are.',
    buckets: [1, 2, 3],
    labels: () => ({}),
    value: (record: Numbered) => String(record.seq).length,
    exemplar,
  }),
];

onFact((fact) => {
  if (fact.type === 'opened') writeSync(1, `${fact.target}\n`);
  if (fact.type === 'failed') console.error(fact.error);
});
const run = runPipeline(pipeline('counting', numbers, prometheus({ metrics, listen })), {
  checkpoints: checkpointFile(checkpoint),
  checkpointMs: 5,
});
setInterval(() => writeSync(1, `${run.stages().at(-1)!.delivered}\n`), 2);
