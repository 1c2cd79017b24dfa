import { expect } from 'chai';
import { filter } from 'rxjs';
import { onFact, type Fact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline, type Run, type RunResult } from '../../src/core/run.ts';
import type { Pipeline, Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { dockerStats } from '../../src/sources/docker-stats.ts';
import { released, resources } from '../contracts/resources.ts';
import { collecting, type Collecting } from './collecting.ts';
import { becomes, hear, stopHearing } from './hear.ts';
import { isLive } from './live.ts';

const QUICK = { firstMs: 5, maxMs: 50 };

describe('in a run', function () {
  this.timeout(60_000);
  let engine: Simulator;
  let stop: AbortController;
  let runs: Run[];
  let facts: Fact[];
  let deafen: () => void;
  const start = async (options: SimulatorOptions = {}): Promise<Simulator> =>
    (engine = await startSimulator({ containers: 0, scenario: 'quiet', statsEveryMs: 20, ...options }));
  const started = (pipe: Pipeline): Run => {
    const run = runPipeline(pipe, { stop: stop.signal, backoff: QUICK });
    runs.push(run);
    return run;
  };
  const run = <T>(source: Source<T>, sink: Collecting<T>): Run =>
    started(pipeline('test', source, sink.sink));
  const stopped = async (): Promise<RunResult[]> => {
    stop.abort();
    return Promise.all(runs.map(({ done }) => done));
  };
  beforeEach(() => {
    stop = new AbortController();
    runs = [];
    facts = [];
    deafen = onFact((fact) => facts.push(fact));
  });
  afterEach(async () => {
    deafen();
    stopHearing();
    await stopped();
    await engine.close();
  });
  const retries = (): number => facts.filter(({ type }) => type === 'retrying').length;

  describe('dockerEvents', () => {
    const events = (): Source<DockerEvent | Gap> =>
      dockerEvents({ engine: dockerEngine({ address: engine.host }) });
    const runLive = (sink: Collecting<DockerEvent>): Run =>
      started(pipeline('test', events(), filter(isLive), sink.sink));
    const emit = (from: number, to: number): void => {
      for (let i = from; i < to; i += 1)
        engine.emit({ type: 'volume', action: 'create', id: String(i), attributes: {} });
    };

    it('come exactly once and in order through pauses of a full sink', async () => {
      await start();
      const sink = collecting<DockerEvent>({ capacity: 16 });
      runLive(sink);
      await becomes(() => engine.eventListeners === 1);
      for (let round = 0; round < 5; round += 1) {
        const base = round * 100;
        sink.hold();
        emit(base, base + 50);
        await becomes(() => engine.eventListeners === 0);
        emit(base + 50, base + 100);
        sink.release();
        await sink.until((records) => records.length === base + 100);
        await becomes(() => engine.eventListeners === 1);
      }
      expect(sink.records.map(({ id }) => Number(id))).to.deep.equal(
        Array.from({ length: 500 }, (_, i) => i),
      );
      expect(retries()).to.equal(0);
    });

    for (const apiVersion of ['1.51', '1.52'])
      it(`go on behind the last one through restarts of the engine (API ${apiVersion})`, async () => {
        await start({ apiVersion });
        const sink = collecting<DockerEvent>();
        runLive(sink);
        for (let round = 0; round < 3; round += 1) {
          await becomes(() => engine.eventListeners === 1);
          emit(round * 10, round * 10 + 10);
          await sink.until((records) => records.length === round * 10 + 10);
          await engine.restart();
        }
        expect(sink.records.map(({ id }) => Number(id))).to.deep.equal(
          Array.from({ length: 30 }, (_, i) => i),
        );
        await becomes(() => retries() >= 3);
      });

    it('of the boot of an engine that was killed come too', async () => {
      await start({ containers: 3 });
      const sink = collecting<DockerEvent>();
      runLive(sink);
      await becomes(() => engine.eventListeners === 1);
      await engine.restart('sigkill');
      await sink.until((records) => records.filter(({ action }) => action === 'die').length === 3);
    });

    it('are not lost when the engine stands still', async () => {
      await start();
      const sink = collecting<DockerEvent>();
      runLive(sink);
      await becomes(() => engine.eventListeners === 1);
      emit(0, 10);
      engine.freeze();
      emit(10, 20);
      engine.thaw();
      emit(20, 30);
      await sink.until((records) => records.length === 30);
      expect(sink.records.map(({ id }) => Number(id))).to.deep.equal(Array.from({ length: 30 }, (_, i) => i));
    });

    it('wait for an engine that is not there yet', async () => {
      await start();
      await engine.down();
      const sink = collecting<DockerEvent>();
      runLive(sink);
      await becomes(() => retries() >= 3);
      await engine.up();
      await becomes(() => engine.eventListeners === 1);
      emit(0, 1);
      await sink.until((records) => records.length === 1);
    });
  });

  describe('dockerStats', () => {
    const stats = (): Source<ContainerStats> =>
      dockerStats({ engine: dockerEngine({ address: engine.host }), everyMs: 100 });

    it('keeps the newest reading of each container while the sink is full', async () => {
      await start({ containers: 8, statsEveryMs: 100 });
      const sink = collecting<ContainerStats>({ capacity: 8 });
      const { stages } = run(stats(), sink);
      // Another reader of the same containers sees the same readings.
      const all = hear(stats());
      const lastOf = (records: readonly ContainerStats[]): string[] =>
        [...new Map(records.map(({ container, time }) => [container.id, time]))].map(String).sort();
      await sink.until((records) => records.length >= 16);
      sink.hold();
      await becomes(() => (stages()[0]!.dropped['conflated'] ?? 0) >= 40);
      expect(stages()[0]!.inFlight).to.be.most(8);
      engine.freeze();
      sink.release();
      await becomes(() => String(lastOf(sink.records)) === String(lastOf(all.records)));
      expect(lastOf(sink.records.slice(-8))).to.deep.equal(lastOf(all.records));
      const [result] = await stopped();
      const { received, delivered, dropped, inFlight } = result!.stages[0]!;
      expect({ received, inFlight }).to.deep.equal({
        received: delivered + dropped['conflated']!,
        inFlight: 0,
      });
      expect(sink.records).to.have.lengthOf(delivered);
    });

    it('goes on through a restart of the engine', async () => {
      await start({ containers: 5 });
      const sink = collecting<ContainerStats>();
      run(stats(), sink);
      const all = async (): Promise<void> => {
        const from = sink.records.length;
        await sink.until(
          (records) => new Set(records.slice(from).map(({ container }) => container.id)).size === 5,
        );
      };
      await all();
      await engine.restart();
      await all();
      engine.freeze();
      engine.thaw();
      await all();
    });

    it('holds one connection a container and no more, of 200 for as long as it runs', async () => {
      await start({ containers: 200, statsEveryMs: 500 });
      const sink = collecting<ContainerStats>();
      run(stats(), sink);
      for (let round = 0; round < 5; round += 1) {
        const ids = new Set<string>();
        let next = sink.records.length;
        await sink.until((records) => {
          for (; next < records.length; next += 1) ids.add(records[next]!.container.id);
          return ids.size === 200;
        });
        expect(engine.connections).to.be.within(201, 202);
      }
    });
  });

  for (const [name, source] of [
    ['dockerEvents', (): Source<unknown> => dockerEvents({ engine: dockerEngine({ address: engine.host }) })],
    [
      'dockerStats, streaming',
      (): Source<unknown> => dockerStats({ engine: dockerEngine({ address: engine.host }), everyMs: 100 }),
    ],
    [
      'dockerStats, polling',
      (): Source<unknown> =>
        dockerStats({ engine: dockerEngine({ address: engine.host }), everyMs: 100, mode: 'poll' }),
    ],
  ] as const)
    it(`${name} leaves nothing behind: no socket, no timer, no ear`, async () => {
      await start({ containers: 10, eventsPerSecond: 100 });
      const before = await resources();
      for (let round = 0; round < 5; round += 1) {
        stop = new AbortController();
        runs = [];
        const sink = collecting<unknown>();
        run(source(), sink);
        await sink.until((records) => records.length >= 20);
        await stopped();
        await becomes(() => engine.connections === 0);
      }
      await released(before);
    });
});
