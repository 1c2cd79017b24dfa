import { expect } from 'chai';
import { BehaviorSubject } from 'rxjs';
import { traitsOf } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { Gap } from '../../src/records/gap.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { dockerLogs, type DockerLogsOptions } from '../../src/sources/docker-logs.ts';
import { collecting } from './collecting.ts';
import { becomes, hear, type Hearing, stopHearing } from './hear.ts';

type Told = LogLine | Gap;

describe('dockerLogs of a simulated engine', () => {
  let engine: Simulator;
  const start = async (options: SimulatorOptions = {}): Promise<Simulator> =>
    (engine = await startSimulator({ containers: 0, scenario: 'quiet', ...options }));
  const source = (options: DockerLogsOptions = {}): Source<Told> =>
    dockerLogs({ engine: dockerEngine({ address: engine.host, host: 'here' }), from: 'start', ...options });
  const run = (name: string, more: object = {}): string => {
    const id = engine.createContainer({ name, ...more });
    engine.start(id);
    return id;
  };
  const textsOf = ({ records }: { readonly records: readonly Told[] }): readonly string[] =>
    records.map((record) => (record.kind === 'gap' ? record.reason : record.text));
  const says = (heard: Hearing<Told>, text: string): Promise<void> =>
    heard.until((hearing) => textsOf(hearing).includes(text));
  afterEach(async () => {
    stopHearing();
    await engine.close();
  });

  it('tells lines as they are written, of both streams, marked as simulated', async () => {
    await start();
    const id = run('web', { labels: { team: 'a', secret: 'b' }, image: 'nginx:1' });
    const heard = hear(source({ labels: ['team'] }));
    await becomes(() => engine.connections > 1);
    engine.log(id, 'one');
    engine.log(id, 'two', 'stderr');
    await says(heard, 'two');
    const [one, two] = heard.records as [LogLine, LogLine];
    expect(one).to.deep.include({
      kind: 'log-line',
      host: 'here',
      simulated: true,
      stream: 'stdout',
      text: 'one',
    });
    expect(one.container).to.deep.include({ id, name: 'web', image: 'nginx:1', labels: { team: 'a' } });
    expect([two.stream, two.text]).to.deep.equal(['stderr', 'two']);
    expect(one).to.not.have.any.keys('unfinished', 'truncatedBytes');
    expect(one.time < two.time).to.equal(true);
  });

  it('reads a terminal, long lines, and lines that are too long', async () => {
    await start();
    const tty = run('tty', { tty: true });
    const web = run('web');
    const heard = hear(source({ maxLineBytes: 20_000 }));
    for (const id of [tty, web]) {
      engine.log(id, 'x'.repeat(20_000));
      engine.log(id, 'y'.repeat(40_001));
      engine.log(id, 'ends');
    }
    await heard.until(({ records }) => records.length === 6);
    for (const id of [tty, web]) {
      const lines = heard.records.filter((record): record is LogLine => record.kind === 'log-line');
      const own = lines.filter(({ container }) => container.id === id);
      expect(own.map(({ text, truncatedBytes }) => [text.length, truncatedBytes])).to.deep.equal([
        [20_000, undefined],
        [20_000, 20_001],
        [4, undefined],
      ]);
    }
  });

  it('begins with what is written from now on, or at the start of all logs', async () => {
    await start();
    const [old, ended] = [run('old'), run('ended')];
    engine.log(old, 'before');
    engine.log(ended, 'before');
    engine.die(ended, 0);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const now = hear(source({ from: 'now' }));
    const all = hear(source());
    await all.until(({ records }) => records.length === 2);
    engine.log(old, 'after');
    engine.log(run('new'), 'new');
    await says(now, 'new');
    await says(now, 'after');
    await all.until(({ records }) => records.length === 4);
    expect([...textsOf(now)].sort()).to.deep.equal(['after', 'new']);
  });

  it('reads what is included and not excluded, and follows a name', async () => {
    await start();
    const [web, db] = [run('web'), run('db')];
    const heard = hear(source({ include: { names: ['web*', 'db2'] }, exclude: { names: ['web-old'] } }));
    engine.log(db, 'db');
    engine.log(web, 'web');
    await says(heard, 'web');
    expect(textsOf(heard)).to.deep.equal(['web']);
    engine.rename(db, 'db2');
    await says(heard, 'db');
    engine.rename(web, 'web-new');
    engine.log(run('web-old'), 'no');
    engine.log(run('web-last'), 'last');
    await says(heard, 'last');
    engine.log(web, 'renamed');
    await says(heard, 'renamed');
    expect(textsOf(heard)).to.deep.equal(['web', 'db', 'last', 'renamed']);
    expect(heard.records.at(-1)).to.have.nested.property('container.name', 'web-new');
  });

  it('lets so many lines of a second pass, and counts the others', async () => {
    await start();
    const id = run('web');
    for (let i = 0; i < 100; i += 1) engine.log(id, `line ${i}`);
    engine.die(id, 0);
    const sink = collecting<Told>();
    const stop = new AbortController();
    const { done } = runPipeline(pipeline('logs', source({ maxLinesPerSecond: 10 }), sink.sink), {
      stop: stop.signal,
    });
    await sink.until((records) => records.length >= 10);
    engine.log(run('last'), 'last');
    await sink.until((records) => textsOf({ records }).includes('last'));
    stop.abort();
    const { stages } = await done;
    const { received, delivered, deduplicated, dropped } = stages[0]!;
    // Within two seconds, as luck has it.
    expect(delivered).to.be.within(11, 21);
    expect(received - deduplicated).to.equal(101);
    expect(dropped).to.deep.equal({ 'rate-limit': 101 - delivered });
  });

  it('emits nothing while a sink is full, and goes on behind the last line', async () => {
    await start();
    const id = run('web');
    const other = run('other');
    const gate = new BehaviorSubject(true);
    const own = source();
    const heard: string[] = [];
    const subscription = traitsOf(own)
      .open(() => undefined, gate, { received: 0, added: 0, filtered: 0, deduplicated: 0, held: 0 })
      .subscribe((record) => {
        heard.push((record as LogLine).text);
        expect(gate.value, 'emitted while it was closed').to.equal(true);
        if (heard.length % 7 === 0) gate.next(false);
      });
    await becomes(() => engine.connections === 3);
    for (let i = 0; i < 100; i += 1) {
      engine.log(id, `line ${i}`);
      if (i === 50) engine.log(other, 'other');
    }
    await becomes(() => !gate.value);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).to.have.lengthOf(7);
    // Whatever happens meanwhile waits as well.
    engine.die(other, 0);
    engine.remove(other);
    engine.log(run('new'), 'new');
    engine.die(id, 0);
    while (heard.length < 102) {
      gate.next(true);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(heard.filter((text) => text.startsWith('line'))).to.deep.equal(
      Array.from({ length: 100 }, (_, i) => `line ${i}`),
    );
    expect(heard).to.include.members(['other', 'new']);
    subscription.unsubscribe();
  });

  it('goes on from the place of an earlier run, and tells what is gone', async () => {
    await start();
    const [web, doomed, ended] = [run('web'), run('doomed'), run('ended')];
    const first = source();
    const heard = hear(first);
    for (const id of [web, doomed, ended]) engine.log(id, 'one');
    await heard.until(({ records }) => records.length === 3);
    engine.die(ended, 0);
    await becomes(() => JSON.stringify(traitsOf(first).cursor!.read()).includes('"read":true'));
    heard.stop();
    engine.log(web, 'one');
    engine.restartContainer(web);
    engine.log(web, 'two');
    engine.remove(ended);
    engine.remove(doomed);
    const second = source();
    traitsOf(second).cursor!.restore(JSON.parse(JSON.stringify(traitsOf(first).cursor!.read())) as never);
    const again = hear(second);
    await again.until(({ records }) => records.length === 3);
    expect([...textsOf(again)].sort()).to.deep.equal(['container-removed', 'one', 'two']);
    const gap = again.records.find((record): record is Gap => record.kind === 'gap')!;
    expect(gap.container).to.deep.equal({ id: doomed, name: 'doomed' });
    expect(gap.fromTime).to.equal(
      heard.records.find((r) => r.kind === 'log-line' && r.container.id === doomed)!.time,
    );
  });

  it('tells a gap where the engine keeps no longer what followed', async () => {
    await start();
    const id = run('web');
    const own = source();
    const first = hear(own);
    engine.log(id, 'one');
    await says(first, 'one');
    first.stop();
    await becomes(() => engine.connections === 0);
    for (let i = 0; i < 1_500; i += 1) engine.log(id, `line ${i}`);
    const second = hear(own);
    await says(second, 'line 1499');
    expect(textsOf(second).slice(0, 2)).to.deep.equal(['log-cut', 'line 500']);
    expect(second.counts.added).to.equal(1);
    expect(second.records).to.have.lengthOf(1_001);
  });

  it('refuses options that cannot be, and a second reader', async () => {
    await start();
    const wrong = [
      { from: 'yesterday' },
      { maxLineBytes: 0 },
      { maxLinesPerSecond: 1.5 },
      { include: { name: ['x'] } },
      { tail: 1 },
    ];
    for (const options of wrong)
      expect(() => dockerLogs(options as never)).to.throw(PipelineError, 'dockerLogs: ');
    const own = source();
    hear(own);
    expect(await hear(own).failure).to.be.instanceOf(PipelineError);
  });
});
