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

await measured(async ({ socketPath, out, amount }) => {
  const engine = dockerEngine({ address: `unix://${socketPath}`, host: 'bench' });
  const events = dockerEvents({ engine, labels: [...DEFAULT_LABELS, 'sequence'], reconcile: false });
  const stop = new AbortController();
  const run = runPipeline(pipeline('bench', events, flattenEvent(), ndjsonFile({ path: out })), {
    stop: stop.signal,
  });
  const watch = setInterval(() => {
    if ((run.stages().at(-1)?.delivered ?? 0) >= amount) stop.abort();
  }, 5);
  await run.done;
  clearInterval(watch);
});
