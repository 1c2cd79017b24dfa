import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../src/simulator/index.ts';

/**
 * A simulated engine that publishes so many events at so many a second once it reads a line, whoever reads them.
 * Prints a line when it can be read, and how it went when all are out.
 */
const [, , socketPath = '', total = '0', perSecond = '0'] = process.argv;
const engine = await startSimulator({ socketPath, scenario: 'quiet', containers: 8 });
process.stdout.write('ready\n');
await once(createInterface({ input: process.stdin }), 'line');

/** As many as it publishes in one turn, so that a listener can keep up: the engine's own calls come one by one. */
const MOST_AT_ONCE = 500;

const began = performance.now();
let published = 0;
while (published < Number(total)) {
  const elapsed = ((performance.now() - began) * Number(perSecond)) / 1000;
  const due = Math.min(Number(total), elapsed, published + MOST_AT_ONCE);
  for (; published < due; published += 1)
    engine.emit({
      type: 'volume',
      action: 'create',
      id: `data-${published}`,
      attributes: { driver: 'local', sequence: String(published) },
    });
  await sleep(5);
}
const seconds = (performance.now() - began) / 1000;
process.stdout.write(`${JSON.stringify({ published, seconds, skipped: engine.eventsSkipped })}\n`);
