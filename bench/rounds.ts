import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Usage } from './candidates/measure.ts';
import type { BenchSet } from './sets.ts';

export interface Measured extends Usage {
  readonly records: number;
}

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
  const simulator = spawn(
    process.execPath,
    [join(bin, 'simulator.mjs'), '--socket', socketPath, ...set.load],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  try {
    await firstLine(simulator.stdout);
    const candidate = spawn(
      process.execPath,
      [join(bin, `${name}.mjs`), socketPath, out, String(set.amount)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const usage = JSON.parse(await firstLine(candidate.stdout)) as Usage;
    return { ...usage, records: await set.verify(out) };
  } finally {
    const ended = once(simulator, 'exit');
    simulator.kill();
    await ended;
    await rm(folder, { recursive: true });
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('the process ended without a word');
}
