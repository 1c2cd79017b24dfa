import { parseArgs } from 'node:util';
import { buildCandidates } from './build.ts';
import { churnSet, metricsSet } from './metrics-sets.ts';
import { broadcastSet, latencySet, stalledSet } from './broadcast-sets.ts';
import { pageReport } from './page.ts';
import { eventsSet, journalSet, statsSet } from './sets.ts';
import { report } from './report.ts';
import { rounds } from './rounds.ts';

const HELP = `npm run bench -- [options]

Reads a simulated engine through dockrx and through hand-written bare loops, side by side in one run,
and prints records/s, CPU and memory as ratios to the bare loops; serves metrics beside prom-client's gauges.
Interleaved rounds; medians (min … max).

  --rounds N       rounds of each candidate (default 5)
  --events N       events a round (default 300000)
  --containers N   containers read at 1 Hz (default 1000)
  --seconds N      seconds of stats a round (default 20)
  --records N      records through the journal a round (default 500000)
  --churn N        containers created and destroyed under metrics (default 100000)
  --only NAME      events, stats, journal, metrics, broadcast or page: the frames of the live page, with chromium
`;

/** Clients, records, and how many a second: a plain loop needs half a minute for 5,000 clients. */
const BROADCASTS: readonly (readonly [number, number, number])[] = [
  [1, 10_000, 1_000],
  [10, 10_000, 1_000],
  [100, 5_000, 1_000],
  // In the 5 ms that records are gathered for with 100 clients only five come at 1,000/s.
  [100, 10_000, 5_000],
  [1_000, 1_000, 1_000],
  [5_000, 400, 1_000],
];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    events: { type: 'string', default: '300000' },
    containers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    records: { type: 'string', default: '500000' },
    churn: { type: 'string', default: '100000' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) process.stdout.write(HELP);
else {
  const bin = await buildCandidates();
  const sets = [
    eventsSet(Number(values.events)),
    statsSet(Number(values.containers), Number(values.seconds)),
    journalSet(Number(values.records)),
    ...[1_000, 10_000, 50_000].map(metricsSet),
    churnSet(Number(values.churn)),
    ...BROADCASTS.map((one) => broadcastSet(...one)),
    ...[10, 100].map((clients) => latencySet(clients, 5_000)),
    stalledSet(1_000, 10_000),
  ].filter(({ name }) => values.only === undefined || values.only === name);
  for (const set of sets)
    process.stdout.write(`${report(set, await rounds(set, bin, Number(values.rounds)))}\n`);
  if (values.only === undefined || values.only === 'page')
    process.stdout.write(
      await pageReport(bin, {
        containers: Number(values.containers),
        seconds: Number(values.seconds),
        rounds: Number(values.rounds),
      }),
    );
}
