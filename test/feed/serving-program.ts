// Serves a world of numbered records, which goes on for ever, through a journal and a feed, and keeps checkpoints:
//   serving-program.ts FOLDER PORT ws|sse [ORIGIN]
import { join } from 'node:path';
import { Observable } from 'rxjs';
import { checkpointFile } from '../../src/checkpoints/checkpoint-file.ts';
import { defineSource } from '../../src/core/define-source.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { onFact } from '../../src/core/facts.ts';
import { journaled } from '../../src/journal/journaled.ts';
import { sseBroadcast } from '../../src/sinks/sse-broadcast.ts';
import { websocketBroadcast } from '../../src/sinks/websocket-broadcast.ts';

const [folder, port, how, ...origins] = process.argv.slice(2) as [string, string, 'ws' | 'sse', ...string[]];
let place = 0;
const world = defineSource({
  name: 'world',
  cursor: {
    read: () => ({ place }),
    restore: (kept) => (place = (kept as { place: number }).place),
  },
  open: () =>
    new Observable<unknown>((out) => {
      const turn = (): void => {
        for (let left = place % 4; left >= 0; left -= 1) {
          place += 1;
          out.next({ seq: place - 1, text: 'é'.repeat((place * 7) % 100) });
        }
        if (!out.closed) setTimeout(turn, place % 3);
      };
      turn();
    }),
});
const broadcast = how === 'ws' ? websocketBroadcast : sseBroadcast;
const kept = join(folder, 'served.checkpoint.json');
onFact((fact) => {
  if (fact.type === 'failed') console.error(fact.error);
});
runPipeline(
  pipeline(
    'served',
    journaled(world, { dir: join(folder, 'journal'), maxBytes: 16 * 1024 * 1024, sync: 'never' }),
    broadcast({
      listen: `127.0.0.1:${port}`,
      origins,
      journal: { dir: join(folder, 'feed'), maxBytes: 16 * 1024 * 1024, sync: 'never' },
    }),
  ),
  { checkpoints: checkpointFile(kept) },
);
