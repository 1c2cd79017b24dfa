import { dockerEngine, dockerEvents } from '../../src/index.ts';
import { broadcastEngine } from './broadcast-engine.ts';
import { serveBySink } from './broadcast-serve.ts';
import { measured } from './measure.ts';

await measured((job) =>
  broadcastEngine(job, (socketPath) =>
    serveBySink(dockerEvents({ engine: dockerEngine({ address: `unix://${socketPath}` }), labels: ['*'] })),
  ),
);
