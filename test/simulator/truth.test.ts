import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/index.ts';
import { ask, nanoOf, openStream, simulators } from './support.ts';

const emit = (simulator: Simulator, id: string): void =>
  simulator.emit({ type: 'volume', action: 'create', id, attributes: { note: 'größe 🐳' } });

const hearing = (simulator: Simulator): string[] => {
  const heard: string[] = [];
  simulator.onLine((line) => heard.push(line));
  return heard;
};

describe('the simulated engine tells its truth', () => {
  const start = simulators();

  for (const apiVersion of ['1.41', '1.55'])
    it(`in the very lines a reader gets (API ${apiVersion})`, async () => {
      const simulator = await start({ apiVersion });
      const heard = hearing(simulator);
      emit(simulator, 'before');
      const { lines } = await openStream(simulator, '/events?since=0');
      const container = simulator.createContainer({ name: 'web' });
      simulator.start(container);
      simulator.remove(container);
      await lines.until(heard.length);
      expect(heard.length).to.be.above(5);
      expect(lines.all).to.deep.equal(heard);
    });

  it('of the firehose too', async () => {
    const simulator = await start({ containers: 3, eventsPerSecond: Infinity, events: 700 });
    const heard = hearing(simulator);
    const { lines } = await openStream(simulator, '/events');
    await lines.until(700);
    expect(heard).to.deep.equal(lines.all);
  });

  it('whoever reads; what happens while it is down is none', async () => {
    const simulator = await start();
    const heard = hearing(simulator);
    const ids = (): unknown[] =>
      heard.map((line) => (JSON.parse(line) as { Actor: { ID: string } }).Actor.ID);
    emit(simulator, 'unread');
    await simulator.down();
    emit(simulator, 'down');
    await simulator.up();
    simulator.freeze();
    emit(simulator, 'frozen');
    expect(ids()).to.deep.equal(['unread']);
    simulator.thaw();
    expect(ids()).to.deep.equal(['unread', 'frozen']);
    expect(simulator.eventsUntold).to.equal(1);
  });

  it('until it is told not to', async () => {
    const simulator = await start();
    const heard: string[] = [];
    const stop = simulator.onLine((line) => heard.push(line));
    emit(simulator, 'one');
    stop();
    emit(simulator, 'two');
    expect(heard).to.have.length(1);
  });
});

describe("the simulated engine's clock", () => {
  const start = simulators();
  const minute = 60_000_000_000n;

  it('steps back and forward, and with it event times and the Date header', async () => {
    const simulator = await start();
    const heard = hearing(simulator);
    const dateMs = async (): Promise<number> => Date.parse((await ask(simulator, '/_ping')).headers.date!);
    const before = await dateMs();
    emit(simulator, 'first');
    simulator.stepClock(-600_000);
    emit(simulator, 'back');
    expect((await dateMs()) - before).to.be.below(-590_000);
    simulator.stepClock(1_200_000);
    emit(simulator, 'forward');
    const [first, back, forward] = heard.map(nanoOf);
    expect(first! - back! > 9n * minute).to.equal(true);
    expect(forward! - first! > 9n * minute).to.equal(true);
  });

  it('does not change what containers have used', async () => {
    const simulator = await start({ containers: 1 });
    const used = async (): Promise<number> => {
      const { body } = await ask(simulator, '/containers/shop-db-1/stats?stream=false&one-shot=true');
      return (JSON.parse(body) as { cpu_stats: { cpu_usage: { total_usage: number } } }).cpu_stats.cpu_usage
        .total_usage;
    };
    const before = await used();
    simulator.stepClock(3_600_000);
    // An hour of even a hundredth of a core is 36 s.
    expect((await used()) - before).to.be.below(30e9);
    simulator.stepClock(-7_200_000);
    expect(await used()).to.be.at.least(before);
  });
});
