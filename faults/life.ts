import type { Simulator } from '../src/simulator/index.ts';
import { createRandom } from '../src/simulator/random.ts';

type Deed = (simulator: Simulator, name: string) => void;

/** What containers do by themselves, whatever the engine does. */
const DEATHS: readonly Deed[] = [
  (simulator, name) => simulator.die(name, 3),
  (simulator, name) => simulator.die(name, 0),
];

const DEEDS: readonly Deed[] = [
  ...DEATHS,
  (simulator, name) => simulator.start(name),
  (simulator, name) => simulator.start(name),
  (simulator, name) => simulator.start(name),
  (simulator, name) => simulator.kill(name),
  (simulator, name) => simulator.stop(name),
  (simulator, name) => simulator.oom(name),
  (simulator, name) => simulator.restartContainer(name),
  (simulator, name) => simulator.pause(name),
  (simulator, name) => simulator.unpause(name),
  (simulator, name) => simulator.rename(name, `${name}-renamed`),
  (simulator, name) => simulator.exec(name, 'echo größe'),
  (simulator, name) => simulator.remove(name),
];

const MOST_CONTAINERS = 6;

/**
 * Lets containers live: creates them, starts, kills, renames and removes them, by numbers of the seed. What makes no
 * sense at the moment is left out: a seed says what is tried, the faults decide what is possible. An engine that does
 * not answer can be asked nothing: then they only die.
 */
export function liveAct(simulator: Simulator, seed: number): (number: number, answers: boolean) => void {
  const names: string[] = [];
  return (number, answers) => {
    const random = createRandom(seed, `life ${number}`);
    if (answers && names.length < MOST_CONTAINERS && random.next() < 0.4) {
      names.push(`lives-${number}`);
      simulator.createContainer({ name: `lives-${number}`, labels: { note: 'größe 🐳' } });
    }
    if (names.length === 0) return;
    try {
      random.pick(answers ? DEEDS : DEATHS)(simulator, random.pick(names));
    } catch (error) {
      if (!(error as Error).message.startsWith('simulator:')) throw error;
    }
  };
}
