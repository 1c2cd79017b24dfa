import type { Agenda } from './agenda.ts';
import { scenarios, type ScenarioName, type Stage, type Step } from './scenarios.ts';

/** Plays stories on the agenda. */
export interface Player {
  /** `pace` stretches the pauses: 1 = as written, 0 = none */
  readonly play: (name: ScenarioName, pace: number, done: (error?: Error) => void) => void;
  /** plays it again and again */
  readonly loop: (name: ScenarioName) => void;
  /** plays one after the other, chosen by the seed, for ever */
  readonly lively: () => void;
}

const lookAgainMs = 20;
const betweenMs = 10_000;
const livelyNames: readonly ScenarioName[] = ['deploy', 'crash-loop', 'oom', 'health-flapping'];

export function createPlayer(stage: Stage, agenda: Agenda): Player {
  let number = 0;

  const play: Player['play'] = (name, pace, done) => {
    const story = scenarios[name](stage, ++number);
    const go = (): void => {
      let step: IteratorResult<Step, void>;
      try {
        step = story.next();
      } catch (error) {
        return done(error as Error);
      }
      if (step.done === true) return done();
      wait(step.value);
    };
    const wait = (step: Step): void => {
      if (typeof step === 'number') agenda.after(step * pace, go);
      else if (typeof step !== 'function') step.then(go, done);
      else if (step()) go();
      else agenda.after(lookAgainMs, () => wait(step));
    };
    agenda.after(0, go);
  };

  const again = (next: () => ScenarioName): void => {
    // a story may be cut short by what else is done to its containers; the next one does not care
    play(next(), 1, () => agenda.after(betweenMs, () => again(next)));
  };

  return {
    play,
    loop: (name) => again(() => name),
    lively: () => agenda.after(2000, () => again(() => stage.random.pick(livelyNames))),
  };
}
