import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startSimulator } from '../../src/simulator/index.ts';
import { attributesOf } from './broadcast.ts';
import { onTime } from './on-time.ts';

/**
 * A simulated engine that publishes so many events, so many a second, each when it is due, once it reads a line:
 *   paced-engine.mjs SOCKET EVENTS RATE
 * Prints a line when it can be read.
 */
const [, , socketPath = '', count = '0', perSecond = '0'] = process.argv;
const engine = await startSimulator({ socketPath, scenario: 'quiet', containers: 8 });
const id = engine.createContainer();
process.stdout.write('ready\n');
await once(createInterface({ input: process.stdin }), 'line');
onTime({ count: Number(count), perSecond: Number(perSecond) }, (seq, dueMs) =>
  engine.emit({ type: 'container', action: 'top', id, attributes: attributesOf(seq, dueMs) }),
);
