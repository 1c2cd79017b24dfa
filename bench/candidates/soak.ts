import { setTimeout as sleep } from 'node:timers/promises';
import {
  derive,
  dockerEngine,
  dockerEvents,
  dockerStats,
  flattenEvent,
  flattenStats,
  ndjsonFile,
  pipeline,
  runPipeline,
} from '../../src/index.ts';

const [, , socketPath = '', folder = '', minutes = '10'] = process.argv;
const engine = dockerEngine({ address: `unix://${socketPath}` });
const stop = new AbortController();
const rotate = { bytes: 4 * 1024 * 1024 };
const keep = { files: 4 };
const runs = [
  pipeline(
    'events',
    dockerEvents({ engine }),
    flattenEvent(),
    ndjsonFile({ path: `${folder}/events.ndjson`, rotate, keep }),
  ),
  pipeline(
    'stats',
    dockerStats({ engine }),
    derive(),
    flattenStats(),
    ndjsonFile({ path: `${folder}/stats.ndjson`, rotate, keep, compress: 'gzip' }),
  ),
].map((one) => runPipeline(one, { stop: stop.signal }));

const delivered = (index: number): number => runs[index]!.stages().at(-1)!.delivered;
const count = (kind: RegExp): number =>
  process.getActiveResourcesInfo().filter((name) => kind.test(name)).length;

process.stdout.write('  s  RSS MiB  heap MiB  sockets  timers  events   samples\n');
for (let second = 10; second <= Number(minutes) * 60; second += 10) {
  await sleep(10_000);
  const { rss, heapUsed } = process.memoryUsage();
  const figures = [
    second,
    rss / 2 ** 20,
    heapUsed / 2 ** 20,
    count(/Pipe|Socket|TCP/),
    count(/Timeout/),
    delivered(0),
    delivered(1),
  ];
  const widths = [3, 7, 8, 7, 6, 6, 8];
  process.stdout.write(`${figures.map((figure, i) => figure.toFixed(0).padStart(widths[i]!)).join('  ')}\n`);
}
stop.abort();
await Promise.all(runs.map(({ done }) => done));
process.stdout.write(`open at the end: ${process.getActiveResourcesInfo().join(', ')}\n`);
