// Reads another process's feed into a file, each record once, and keeps checkpoints:
//   chain-program.ts FOLDER PORT
import { join } from 'node:path';
import { checkpointFile } from '../../src/checkpoints/checkpoint-file.ts';
import { onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { ndjsonFile } from '../../src/sinks/ndjson-file.ts';
import { sse } from '../../src/sources/sse.ts';

const [folder, port] = process.argv.slice(2) as [string, string];
onFact((fact) => {
  if (fact.type === 'failed') console.error(fact.error);
});
runPipeline(
  pipeline(
    'chained',
    sse<unknown>({ url: `http://127.0.0.1:${port}/sse` }),
    ndjsonFile({ path: join(folder, 'chained.ndjson'), exactlyOnce: true }),
  ),
  {
    checkpoints: checkpointFile(join(folder, 'chained.checkpoint.json')),
    backoff: { firstMs: 20, maxMs: 200 },
  },
);
