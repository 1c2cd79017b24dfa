import {
  dockerEngine,
  dockerEvents,
  flattenEvent,
  ndjsonFile,
  pipeline,
  runPipeline,
} from '../../src/index.ts';
import { DEFAULT_LABELS } from '../../src/records/labels.ts';
import { measured } from './measure.ts';

// The bare loops wait for a slow disk without bounds. A pause here would lose events: while nobody listens the engine
// keeps its last 256.
const queue = { capacity: 10_000_000, capacityBytes: 2 ** 32 };

await measured(async ({ socketPath, out, amount }) => {
  const engine = dockerEngine({ address: `unix://${socketPath}`, host: 'bench' });
  const events = dockerEvents({ engine, labels: [...DEFAULT_LABELS, 'sequence'], reconcile: false });
  const stop = new AbortController();
  const run = runPipeline(pipeline('bench', events, flattenEvent(), ndjsonFile({ path: out, queue })), {
    stop: stop.signal,
  });
  const watch = setInterval(() => {
    if ((run.stages().at(-1)?.delivered ?? 0) >= amount) stop.abort();
  }, 5);
  await run.done;
  clearInterval(watch);
});
