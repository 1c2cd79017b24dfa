import { setTimeout as sleep } from 'node:timers/promises';
import {
  dockerEngine,
  dockerStats,
  flattenStats,
  ndjsonFile,
  pipeline,
  runPipeline,
} from '../../src/index.ts';
import { measured } from './measure.ts';

await measured(async ({ socketPath, out, amount }) => {
  const engine = dockerEngine({ address: `unix://${socketPath}`, host: 'bench' });
  const stop = new AbortController();
  const stages = pipeline(
    'bench',
    dockerStats({ engine, labels: [] }),
    flattenStats(),
    ndjsonFile({ path: out }),
  );
  const run = runPipeline(stages, { stop: stop.signal });
  await sleep(amount * 1000);
  stop.abort();
  await run.done;
});
