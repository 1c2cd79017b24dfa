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
  // The bare loops leave it to the system when the bytes reach the disk.
  const file = ndjsonFile({ path: out, queue, fsync: 'never' });
  const stop = new AbortController();
  const run = runPipeline(pipeline('bench', events, flattenEvent(), file), {
    stop: stop.signal,
  });
  const watch = setInterval(() => {
    // As soon as all are in, as the others do: the rest of a batch waits for more otherwise.
    if (run.stages()[0]!.delivered >= amount) stop.abort();
  }, 5);
  await run.done;
  clearInterval(watch);
});
