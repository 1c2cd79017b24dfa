// Writes every line of every container into a file, each once, and keeps checkpoints:
//   logs-program.ts FOLDER ADDRESS
import { join } from 'node:path';
import { checkpointFile } from '../../src/checkpoints/checkpoint-file.ts';
import { onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { ndjsonFile } from '../../src/sinks/ndjson-file.ts';
import { dockerLogs } from '../../src/sources/docker-logs.ts';

const [folder, address] = process.argv.slice(2) as [string, string];
onFact((fact) => {
  if (fact.type === 'failed') console.error(fact.error);
});
runPipeline(
  pipeline(
    'logs',
    dockerLogs({ engine: dockerEngine({ address }), from: 'start' }),
    ndjsonFile({ path: join(folder, 'logs.ndjson'), exactlyOnce: true }),
  ),
  {
    checkpoints: checkpointFile(join(folder, 'logs.checkpoint.json')),
    backoff: { firstMs: 50, maxMs: 500 },
  },
);
