import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildCandidates } from './build.ts';

const HELP = `npm run stall -- [options]

Publishes events at a fixed rate on a simulated engine that skips listeners which do not keep up, and reads them
through a journal into a sink that takes nothing meanwhile, then everything. Prints what the engine skipped, how much
the reader's memory grew while the sink stood still, and what came out in the end.

  --events N       default 1000000
  --per-second N   default 10000
`;

interface Talker {
  readonly next: () => Promise<string>;
  readonly go: () => void;
  readonly end: () => void;
}

/** A program that waits for a line and answers in lines. */
function talker(bin: string, name: string, args: readonly string[]): Talker {
  const child = spawn(process.execPath, [join(bin, `${name}.mjs`), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    next: async () => {
      const line = await lines.next();
      if (line.done === true) throw new Error(`${name} ended without a word`);
      return line.value;
    },
    go: () => child.stdin.write('\n'),
    end: () => child.kill(),
  };
}

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    'per-second': { type: 'string', default: '10000' },
    help: { type: 'boolean' },
  },
});

if (values.help === true) process.stdout.write(HELP);
else {
  const bin = await buildCandidates();
  const folder = await mkdtemp(join(tmpdir(), 'dockrx-stall-'));
  const socketPath = join(folder, 'engine.sock');
  const engine = talker(bin, 'burst-engine', [socketPath, values.events, values['per-second']]);
  await engine.next();
  const reader = talker(bin, 'stalled', [socketPath, join(folder, 'journal'), values.events]);
  await reader.next();
  engine.go();
  process.stdout.write(`engine: ${await engine.next()}\n`);
  reader.go();
  process.stdout.write(`reader: ${await reader.next()}\n`);
  engine.end();
  reader.end();
  await rm(folder, { recursive: true });
}
