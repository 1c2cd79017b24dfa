import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Usage } from './candidates/measure.ts';
import { firstLine, startProcess, startSimulatorProcess } from './processes.ts';
import type { BenchSet } from './sets.ts';

export interface Measured extends Usage {
  readonly records: number;
}

/** One that misses an event would wait for it for ever. */
const TIMEOUT_MS = 10 * 60_000;

/** Runs every candidate once a round, each against a fresh simulated engine, in turning order. */
export async function rounds(
  set: BenchSet,
  bin: string,
  count: number,
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const results = new Map<string, Measured[]>(set.candidates.map((name) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    const turned = set.candidates.map((_, i) => set.candidates[(i + round) % set.candidates.length]!);
    for (const name of turned) {
      process.stderr.write(`${set.name}: round ${round + 1} of ${count}, ${name}\n`);
      results.get(name)!.push(await measure(set, bin, name));
    }
  }
  return results;
}

async function measure(set: BenchSet, bin: string, name: string): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-bench-'));
  const socketPath = join(folder, 'engine.sock');
  const out = join(folder, 'out.ndjson');
  const simulator = set.load && (await startSimulatorProcess(bin, socketPath, set.load));
  try {
    const candidate = startProcess(
      bin,
      name,
      [socketPath, out, ...[set.amount, set.clients ?? 0, set.perSecond ?? 0].map(String)],
      TIMEOUT_MS,
    );
    const usage = JSON.parse(await firstLine(candidate.stdout)) as Usage;
    return { ...usage, records: await set.verify(out) };
  } finally {
    await simulator?.stop();
    await rm(folder, { recursive: true });
  }
}
