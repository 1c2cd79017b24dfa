// Counts numbered records into a file, exactly once, and says how many have been delivered, a line each time:
//   exact-program.ts OPTIONS CHECKPOINT COUNT
import { writeSync } from 'node:fs';
import { Observable, map } from 'rxjs';
import { checkpointFile } from '../../../src/checkpoints/checkpoint-file.ts';
import { defineSource } from '../../../src/core/define-source.ts';
import { pipeline } from '../../../src/core/pipeline.ts';
import { runPipeline } from '../../../src/core/run.ts';
import { countBy } from '../../../src/operators/count-by.ts';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';

const [options, checkpoint, count] = process.argv.slice(2);
const total = Number(count);
let seq = 0;

const numbers = defineSource<{ readonly seq: number }>({
  name: 'numbers',
  cursor: { read: () => seq, restore: (place) => void (seq = place as number) },
  open: () =>
    new Observable((out) => {
      const pump = (): void => {
        for (let left = 20; left > 0 && seq < total && !out.closed; left -= 1) {
          seq += 1;
          out.next({ seq: seq - 1 });
        }
        if (seq === total) out.complete();
        else if (!out.closed) setImmediate(pump);
      };
      setImmediate(pump);
    }),
});
const counted = countBy({ labels: ({ seq: n }: { readonly seq: number }) => ({ last: n % 10 }) });
const padded = map(<T extends object>(record: T) => ({ ...record, text: 'é'.repeat(100) }));

const run = runPipeline(
  pipeline('exact', numbers, counted, padded, ndjsonFile(JSON.parse(options!) as NdjsonFileOptions)),
  { checkpoints: checkpointFile(checkpoint!), checkpointMs: 5 },
);
const report = setInterval(() => writeSync(1, `${run.stages().at(-1)!.delivered}\n`), 2);
const { outcome, error } = await run.done;
clearInterval(report);
if (error !== undefined) console.error(error);
process.exitCode = outcome === 'completed' ? 0 : 1;
