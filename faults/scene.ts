import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator, type EngineEvent, type Simulator } from '../src/simulator/index.ts';
import { inTurn } from '../src/core/in-turn.ts';
import { liveAct } from './life.ts';
import type { Act, Plan } from './plan.ts';
import { faultyProxy, type FaultyProxy } from './proxy.ts';
import { published, type Published } from './truth.ts';

/** An engine behind a bad proxy, and the truth of what the engine published. */
export interface Scene {
  readonly proxy: FaultyProxy;
  readonly simulator: Simulator;
  /** in the order of publishing */
  readonly truth: readonly Published[];
  /** what the engine kept from a stream that did not keep up, in the same words as the truth */
  readonly skipped: ReadonlySet<string>;
  /** what happened while the engine was down */
  readonly untold: () => number;
  /** the same as the engine wrote them */
  readonly lines: readonly string[];
  /** carries out what happens to the engine and on the way to it; resolves when that has healed */
  readonly act: (act: Act) => Promise<void>;
  /** publishes an event that nothing else makes */
  readonly mark: (id: string) => void;
  readonly close: () => Promise<void>;
}

/** The engine keeps 256 events: what is not taken yet must fit, with what containers may do meanwhile. */
const MOST_BEHIND = 180;
/** So many may be on their way while it is not known which of them will be eaten. */
const MOST_UNEATEN = 64;
const EATEN_LINES = 3;
const LOOK_MS = 3;
const AUDIT_LOOK_MS = 50;
const STUCK_MS = 15_000;

/** What the scene asks of what is tested. */
export interface Witness {
  /** `timeNano` of the last event that dockrx has taken */
  readonly lastTaken: () => string | undefined;
  /** whether all that it has not taken lies in gaps */
  readonly isTold: () => boolean;
}

export async function openScene(plan: Plan, folder: string, { lastTaken, isTold }: Witness): Promise<Scene> {
  const { patient } = plan;
  const simulator = await startSimulator({
    socketPath: `${folder}/engine.sock`,
    apiVersion: plan.apiVersion,
    containers: plan.containers,
    scenario: 'quiet',
    seed: plan.seed,
  });
  const atFirst = simulator.eventsUntold;
  const proxy = await faultyProxy(simulator.socketPath, `${folder}/proxy.sock`);
  const truth: Published[] = [];
  const lines: string[] = [];
  const skipped = new Set<string>();
  simulator.onSkipped((line) => skipped.add(published(line).identity));
  const places = new Map<string, number>();
  simulator.onLine((line) => {
    lines.push(line);
    truth.push(published(line));
    places.set(String(truth.at(-1)!.nano), truth.length);
  });
  // What needs the same thing comes one after the other; where nothing may be lost, all faults do, and the publishers.
  const fault = inTurn();
  const power = patient ? fault : inTurn();
  const publish = inTurn();
  const live = liveAct(simulator, plan.seed);
  let sequence = 0;
  /** what a frozen engine will publish when it thaws */
  let held = 0;
  let frozen = false;
  let down = false;
  /** how many lines had been eaten when more were to be: until an audit has found out */
  let eaten: number | undefined;

  /** Events behind the last one taken: what came before has been taken, or never will be. */
  const behind = (): number => truth.length - (places.get(lastTaken() ?? '') ?? 0);
  const until = async (isSo: () => boolean, lookMs: number = LOOK_MS): Promise<void> => {
    const deadline = performance.now() + STUCK_MS;
    while (!isSo()) {
      if (performance.now() > deadline)
        throw new Error(`nothing is taken for ${STUCK_MS / 1000} s, with ${behind()} events to take`);
      await sleep(lookMs);
    }
  };
  /** Of what the engine forgets between two audits nobody can tell that it was taken out of the stream. */
  const audited = async (before: number): Promise<void> => {
    await until(() => proxy.spoiled.length > before || behind() < MOST_UNEATEN || isTold(), AUDIT_LOOK_MS);
    const first = proxy.spoiled[before];
    if (first === undefined) return;
    const place = places.get(String(published(first).nano))!;
    if (truth.length < place + MOST_BEHIND) return;
    await until(isTold, AUDIT_LOOK_MS);
    eaten = undefined;
  };
  const room = async (count: number): Promise<void> => {
    if (patient) await until(() => behind() + held + count <= Math.max(MOST_BEHIND, count));
  };
  const emit = async (count: number): Promise<void> => {
    await room(count);
    for (let i = 0; i < count; i += 1) {
      if (eaten !== undefined) await audited(eaten);
      simulator.emit(event((sequence += 1)));
    }
    if (frozen) held += count;
  };
  const restart = async (how: Parameters<Simulator['down']>[0], ms: number): Promise<void> => {
    // What is still on its way when the engine goes is gone for good.
    await publish(async () => {
      if (patient) await until(() => behind() === 0 && proxy.streams() > 0);
      down = true;
      await simulator.down(how);
    });
    await sleep(ms);
    await simulator.up();
    down = false;
  };
  const freeze = async (ms: number): Promise<void> => {
    frozen = true;
    simulator.freeze();
    await sleep(ms);
    frozen = false;
    held = 0;
    simulator.thaw();
  };
  const during = (ms: number, set: (on: boolean) => void): Promise<void> =>
    fault(async () => {
      set(true);
      await sleep(ms);
      set(false);
    });
  const atOnce = (task: () => void): Promise<void> => fault(() => Promise.resolve().then(task));
  const refuse = async (ms: number): Promise<void> => {
    await proxy.refuse();
    await sleep(ms);
    await proxy.listen();
  };

  const act = (what: Act): Promise<void> => {
    switch (what.do) {
      case 'emit':
        return publish(() => emit(what.count));
      case 'live':
        return publish(async () => {
          await room(0);
          live(what.number, !frozen && !down);
        });
      case 'cut':
        return atOnce(() => proxy.cut(what.place));
      case 'refuse':
        return fault(() => refuse(what.ms));
      case 'silence':
        return during(what.ms, (on) => proxy.silence(on, true));
      case 'deafen':
        return atOnce(() => {
          proxy.silence(true);
          proxy.silence(false);
        });
      case 'eat':
        return publish(async () => {
          await until(() => behind() < MOST_UNEATEN || isTold(), AUDIT_LOOK_MS);
          eaten ??= proxy.spoiled.length;
          if (what.what === 'lines') proxy.eatLines(EATEN_LINES);
          else proxy.eatTail();
        });
      case 'answer':
        return during(what.ms, (on) => proxy.answer(on ? what.wrong : undefined));
      case 'delay':
        return during(what.ms, (on) => proxy.delay(on ? what.perChunkMs : 0));
      case 'tear':
        return during(what.ms, proxy.tear);
      case 'restart':
        return power(() => restart(what.how, what.ms));
      case 'freeze':
        return power(() => freeze(what.ms));
      case 'clock':
        return atOnce(() => simulator.stepClock(what.byMs));
      case 'sink':
      case 'disk':
      case 'kill':
      case 'unreadable':
      case 'damage':
        return Promise.resolve();
    }
  };
  return {
    proxy,
    simulator,
    truth,
    skipped,
    untold: () => simulator.eventsUntold - atFirst,
    lines,
    act,
    mark: (id) => simulator.emit({ type: 'volume', action: 'create', id, attributes: { driver: 'local' } }),
    close: async () => {
      await proxy.close();
      await simulator.close();
    },
  };
}

/** Events of a few actors, now and then a long one, all with characters of two and four bytes. */
function event(sequence: number): EngineEvent {
  const note = sequence % 97 === 0 ? '🐳'.repeat(1500) : 'größe 🐳';
  return {
    type: 'container',
    action: sequence % 3 === 0 ? `exec_start: sh -c "echo ${sequence}"` : 'exec_die',
    id: `${sequence % 7}`.repeat(64),
    attributes: { image: 'busybox:1.37', name: `actor-${sequence % 7}`, note, sequence: String(sequence) },
  };
}
