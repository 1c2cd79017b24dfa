import { expect } from 'chai';
import { asyncScheduler, concat, filter, NEVER, of, range, subscribeOn } from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import type { Pipeline, Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { dockerStats } from '../../src/sources/docker-stats.ts';
import { collect, startFakeEngine } from '../../src/testing/index.ts';
import type { Collected, FakeEngine, FakeEngineOptions } from '../../src/testing/index.ts';

const shut = (): never => {
  throw new Error('a sink was opened');
};
const actionsOf = ({ records }: Pick<Collected, 'records'>): string[] =>
  (records as readonly (DockerEvent | Gap)[]).map((record) =>
    record.kind === 'gap' ? 'gap' : `${record.action} ${record.attributes['name'] ?? record.id}`,
  );

describe('a fake engine', () => {
  const open: { readonly close: () => Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const { close } of open.splice(0).reverse()) await close();
  });
  const start = async (options?: FakeEngineOptions): Promise<FakeEngine> => {
    const engine = await startFakeEngine(options);
    open.push(engine);
    return engine;
  };
  const run = (tested: Pipeline): Collected => {
    const collected = collect(tested);
    open.push({ close: collected.stop });
    return collected;
  };
  const deathsOn = ({ host }: FakeEngine): Pipeline =>
    pipeline(
      'deaths',
      dockerEvents({ engine: dockerEngine({ address: host }) }),
      filter((event) => event.kind === 'gap' || event.action === 'die'),
      shut,
    );
  const begin = (engine: FakeEngine, name: string): void =>
    engine.start(engine.createContainer({ name, networks: [] }));

  it('makes happen what a test says, to a whole run', async () => {
    const engine = await start();
    const deaths = run(deathsOn(engine));
    begin(engine, 'web');
    engine.die('web', 137);
    await deaths.until((records) => records.length === 1);
    const [death] = deaths.records as readonly DockerEvent[];
    expect(death).to.deep.include({ action: 'die', simulated: true });
    expect(death!.exit).to.deep.equal({ code: 137, oomKilled: false, verified: true });
    const { outcome } = await deaths.stop();
    expect(outcome).to.equal('stopped');
  });

  it('loses no death of a run by a cut, half a line, lost events, garbage, errors and slowness', async () => {
    const engine = await start();
    const deaths = run(deathsOn(engine));
    const { faults } = engine;
    const died: string[] = [];
    const dies = async (name: string, fault: () => void): Promise<void> => {
      begin(engine, name);
      fault();
      engine.die(name);
      died.push(`die ${name}`);
      await deaths.until(() => actionsOf(deaths).includes(`die ${name}`));
    };
    await dies('well', () => undefined);
    await dies('cut', faults.cut);
    await dies('broken', faults.breakOff);
    await dies('lost', () => {
      faults.lose(1);
    });
    await dies('garbage', () => faults.send('<html>\n'));
    await dies('refused', () => {
      faults.fail(500);
      faults.cut();
      setTimeout(faults.heal, 100);
    });
    await dies('slow', () => {
      faults.slow(50);
      faults.cut();
    });
    expect(actionsOf(deaths)).to.deep.equal(died);
  }).timeout(60_000);

  it('goes down and forgets: the run tells a gap, and the death it did not see', async () => {
    const engine = await start();
    const deaths = run(deathsOn(engine));
    begin(engine, 'first');
    begin(engine, 'second');
    engine.die('first');
    await deaths.until((records) => records.length === 1);
    await engine.down();
    engine.die('second', 3);
    await engine.up();
    await deaths.until((records) => records.length === 3);
    expect(actionsOf(deaths)).to.deep.equal(['die first', 'gap', 'die second']);
    expect((deaths.records[2] as DockerEvent).synthetic).to.equal(true);
  });

  it('has readings', async () => {
    const engine = await start({ containers: 2 });
    const stats = run(
      pipeline('stats', dockerStats({ engine: dockerEngine({ address: engine.host }) }), shut),
    );
    await stats.until((records) => records.length >= 4);
  });

  describe('collect', () => {
    const failure = (waiting: Promise<void>): Promise<Error> =>
      waiting.then(
        () => new Error('it went well'),
        (reason: unknown) => reason as Error,
      );
    const numbers = (source: Source<number>): Collected => run(pipeline('numbers', source, shut));

    it('says when a run has ended before', async () => {
      const failing = pipeline(
        'failing',
        of(1),
        () => {
          throw new TypeError('cannot be');
        },
        shut,
      );
      const error = await failure(run(failing).until((records) => records.length > 0));
      expect(error.message).to.equal(
        'failing: the run has failed before what was waited for; 0 records have come',
      );
      expect(error.cause).to.be.instanceOf(TypeError);
    });

    it('waits for so long, and hands on what the question throws', async () => {
      const collected = numbers(concat(of(1, 2), NEVER));
      await collected.until((records) => records.length === 2);
      expect(collected.records).to.deep.equal([1, 2]);
      expect((await failure(collected.until(() => false, 20))).message).to.equal(
        'numbers: what was waited for is not so after 20 ms; 2 records have come',
      );
      const thrown = new Error('wrong question');
      const asks = (): never => {
        throw thrown;
      };
      expect((await failure(collected.until(asks))).cause).to.equal(thrown);
      expect((await collected.stop()).outcome).to.equal('stopped');
    });

    it('keeps so many records and no more', async () => {
      // A queue does not take all of them at once.
      const slices = Array.from({ length: 101 }, () => range(1, 1_000).pipe(subscribeOn(asyncScheduler, 5)));
      const collected = numbers(concat(...slices));
      const { cause } = await failure(collected.until((records) => records.length > 100_000));
      expect((cause as Error).message).to.equal('more than 100000 records: stop the run earlier');
    });
  });
});
