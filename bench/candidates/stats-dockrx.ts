import { setTimeout as sleep } from 'node:timers/promises';
import {
  dockerEngine,
  dockerStats,
  flattenStats,
  ndjsonFile,
  pipeline,
  runPipeline,
} from '../../src/index.ts';
import { measured, OPENING_MS } from './measure.ts';

await measured(async ({ socketPath, out, amount, steadily }) => {
  const engine = dockerEngine({ address: `unix://${socketPath}`, host: 'bench' });
  const stop = new AbortController();
  const stages = pipeline(
    'bench',
    dockerStats({ engine, labels: [] }),
    flattenStats(),
    ndjsonFile({ path: out }),
  );
  const run = runPipeline(stages, { stop: stop.signal });
  await sleep(OPENING_MS);
  await steadily(() => sleep(amount * 1000 - OPENING_MS));
  stop.abort();
  await run.done;
});
