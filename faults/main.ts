import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { campaign, type Tally } from './campaign.ts';
import { kindOf, KINDS, planOf, type Kind } from './plan.ts';
import { keptFolder, openPool, type Pool } from './pool.ts';
import { runReal } from './real/run.ts';
import type { Outcome } from './run.ts';
import { shrink } from './shrink.ts';

const HELP = `npm run faults -- [options]

Runs dockrx against a simulated engine that keeps the truth of what it published, through faults of the network, the
engine, the sinks and of dockrx itself, and holds what was written against that truth. A run is decided by its seed.
A run that fails is printed with the command that replays it, and its folder is kept in .cache/faults/SEED.

  --seed N      the first seed (default: another one each time); alone: that run only
  --runs N      how many (default 1000)
  --minutes N   begin no run after that (default 20)
  --only KIND   ${KINDS.join(', ')}
  --real        against real engines in namespaces of their own instead; needs root and Docker
  --shrink      leave out steps of each run that fails for as long as it still does, and print what is left
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    minutes: { type: 'string', default: '20' },
    only: { type: 'string' },
    real: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function whole(name: string, text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isInteger(number) || number < 0)
    throw new Error(`--${name} is ${JSON.stringify(text)}, give a whole number from 0 on`);
  return number;
}

function kindNamed(text: string | undefined): Kind | undefined {
  const kind = KINDS.find((known) => known === text);
  if (text !== undefined && kind === undefined)
    throw new Error(`--only is ${JSON.stringify(text)}, give one of ${KINDS.join(', ')}`);
  return kind;
}

const figures = ({ runs, published, gaps, failed }: Tally): string =>
  `${runs} runs, ${published} events, ${gaps} gaps, ${failed} runs failed`;

/** On a terminal a line that changes, elsewhere one every 30 s. */
function progress(): (tally: Tally) => void {
  let nextMs = 0;
  return (tally) => {
    if (performance.now() < nextMs) return;
    const { isTTY } = process.stderr;
    nextMs = performance.now() + (isTTY ? 200 : 30_000);
    process.stderr.write(isTTY ? `\r${figures(tally)} ` : `${figures(tally)}\n`);
  };
}

function tellFailure({ seed, violations }: Outcome): void {
  say(`\nseed ${seed} (${kindOf(seed)}) failed:`);
  for (const text of violations) say(`  ${text}`);
  say(`  replay: npm run faults -- --seed ${seed}     kept in: ${relative('.', keptFolder(seed))}`);
}

async function tellSmallest(pool: Pool, seed: number): Promise<void> {
  const smallest = await shrink(
    planOf(seed),
    async (plan) => (await pool.carryOut(plan)).violations.length > 0,
  );
  say(`  smallest plan of seed ${seed} that fails:`);
  for (const { atMs, act } of smallest.steps) say(`    ${atMs} ms ${JSON.stringify(act)}`);
}

async function onRealEngines(deadlineMs: number): Promise<number> {
  let failed = 0;
  await runReal(
    'docker-20.10',
    deadlineMs,
    ({ scenario, published, delivered, gaps, seconds, violations }) => {
      say(`${scenario}: ${published} events, ${delivered} lines, ${gaps} gaps, ${seconds.toFixed(0)} s`);
      for (const text of violations) say(`  ${text}`);
      if (violations.length > 0) failed += 1;
    },
  );
  return failed > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const only = kindNamed(values.only);
  const firstSeed = values.seed === undefined ? Math.floor(Date.now() / 1000) : whole('seed', values.seed);
  const runs = whole('runs', values.runs ?? (values.seed === undefined ? '1000' : '1'));
  const deadlineMs = performance.now() + whole('minutes', values.minutes) * 60_000;
  if (values.real) return onRealEngines(deadlineMs);
  const pool = openPool(2 * availableParallelism());
  const show = progress();
  const failed: number[] = [];
  const mayMount = process.getuid?.() === 0;
  say(`seeds from ${firstSeed} on${mayMount ? '' : '; those with a full disk are left out: they need root'}`);
  const tally = await campaign(pool, { firstSeed, runs, only, mayMount, deadlineMs }, (outcome, sofar) => {
    if (outcome.violations.length > 0) {
      failed.push(outcome.seed);
      tellFailure(outcome);
    }
    show(sofar);
  });
  if (values.shrink) for (const seed of failed) await tellSmallest(pool, seed);
  pool.close();
  say(`\n${figures(tally)}, ${(performance.now() / 60_000).toFixed(1)} minutes`);
  return tally.failed > 0 ? 1 : 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`faults: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
