// Writes numbered records as fast as it can, and says how many have been delivered, a line each time:
//   writing-program.ts OPTIONS RUN COUNT
import { writeSync } from 'node:fs';
import { Subject } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';

const [options, run, count] = process.argv.slice(2);
const input = new Subject<unknown>();
const total = Number(count);
let paused = false;
let delivered = 0;
let seq = 0;

ndjsonFile(JSON.parse(options!) as NdjsonFileOptions)(input).subscribe((signal) => {
  if (signal.type === 'pause' || signal.type === 'resume') paused = signal.type === 'pause';
  if (signal.type !== 'delivered') return;
  delivered += signal.count;
  writeSync(1, `${delivered}\n`);
});

const pump = (): void => {
  for (let i = 0; i < 500 && !paused && seq < total; i += 1) {
    input.next({ run, seq, text: 'é'.repeat(seq % 200) });
    seq += 1;
  }
  if (seq < total) setImmediate(pump);
  else input.complete();
};
pump();
