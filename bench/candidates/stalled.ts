import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { dockerEngine, dockerEvents, journaled, pipeline, queued, runPipeline } from '../../src/index.ts';
import type { DockerEvent, Gap } from '../../src/index.ts';
import { DEFAULT_LABELS } from '../../src/records/labels.ts';

/**
 * Reads events through a journal into a sink that takes nothing until a line comes in, then everything. Prints its
 * memory at the beginning and at the most, and what it was given in the end.
 */
const [, , socketPath = '', folder = '', total = '0'] = process.argv;
const labels = [...DEFAULT_LABELS, 'sequence'];
const events = dockerEvents({ engine: dockerEngine({ address: `unix://${socketPath}` }), labels });
const lines = createInterface({ input: process.stdin });
const released = once(lines, 'line');
let delivered = 0;
let inOrder = 0;
let gaps = 0;
const sink = queued<DockerEvent | Gap, number | undefined>({
  name: 'stalled',
  target: 'nowhere',
  encode: (event) => (event.kind === 'gap' ? undefined : Number(event.attributes['sequence'] ?? -1)),
  sizeOf: () => 400,
  open: () =>
    Promise.resolve({
      async write(batch) {
        await released;
        for (const sequence of batch) {
          if (sequence === undefined) gaps += 1;
          else if (sequence >= 0) {
            delivered += 1;
            if (sequence === inOrder) inOrder += 1;
          }
        }
      },
      close: () => Promise.resolve(),
    }),
});

const stop = new AbortController();
const run = runPipeline(pipeline('stalled', journaled(events, { dir: folder }), sink), { stop: stop.signal });
await sleep(3000);
const before = process.memoryUsage().rss;
let most = before;
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 100);
process.stdout.write('ready\n');
await released;
const stalledMost = most;
while (delivered < Number(total) && gaps === 0) await sleep(100);
clearInterval(watch);
stop.abort();
await run.done;
const growthMiB = (stalledMost - before) / 2 ** 20;
const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
process.stdout.write(
  `${JSON.stringify({ delivered, inOrder, gaps, beforeMiB: mib(before), growthMiB: Math.round(growthMiB) })}\n`,
);
process.exit(0);
