import { startSimulator } from '../simulator/index.ts';
import type { Simulator, SimulatorOptions } from '../simulator/index.ts';

export type { Simulator as FakeEngine, SimulatorOptions as FakeEngineOptions } from '../simulator/index.ts';

/**
 * Starts a fake engine on a unix socket, for tests of whole runs, in real time: without containers, and with nothing happening
 * but what the test makes happen. Sources find it by `DOCKER_HOST`, or by `dockerEngine({ address: engine.host })`. Close
 * it at the end.
 *
 * Containers: `createContainer`, `start`, `die`, `oom`, `stop`, `remove`, `log` … Faults: `down`, `up` and `restart` (the
 * events kept are forgotten), `freeze` and `thaw` (it accepts, and never answers), `stepClock`, and
 * `faults`: `slow`, `fail`, `cut`, `lose`, `breakOff`, `send`.
 *
 * @example const engine = await startFakeEngine(); process.env['DOCKER_HOST'] = engine.host;
 */
export const startFakeEngine = (options: SimulatorOptions = {}): Promise<Simulator> =>
  startSimulator({ containers: 0, scenario: 'quiet', statsEveryMs: 100, ...options });
