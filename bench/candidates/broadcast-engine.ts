import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { broadcast } from './broadcast.ts';
import type { Figures, Job } from './measure.ts';

/** Has an engine publish events, and serves what `open` makes of them, which resolves with its URL, to clients. */
export async function broadcastEngine(
  job: Job,
  open: (socketPath: string) => Promise<string>,
): Promise<Figures> {
  const { socketPath, amount, perSecond } = job;
  const engine = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('paced-engine.mjs', import.meta.url)),
      socketPath,
      String(amount),
      String(perSecond),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await createInterface({ input: engine.stdout })[Symbol.asyncIterator]().next();
  try {
    return await broadcast(job, await open(socketPath), () => engine.stdin.write('\n'));
  } finally {
    engine.kill();
  }
}
