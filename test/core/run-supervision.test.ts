import { expect } from 'chai';
import { concat, defer, of, tap, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import type { Tell } from '../../src/core/define-source.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { from as fromSources, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { hear, imbalance, stage } from './runs.ts';
import { gathering, sinkOf } from './sinks.ts';
import { counting, range } from './sources.ts';

const away = new PipelineError('SOURCE_UNAVAILABLE', 'the engine is away');
const QUICK = { firstMs: 1, maxMs: 2 };
/** Longer than any test: only a stop ends it. */
const FOR_EVER = { firstMs: 2 ** 30, maxMs: 2 ** 30 };

/** A source whose connection breaks at these records; it reads on behind them. */
function breaking(total: number, at: readonly number[]): ReturnType<typeof counting> {
  const left = new Set(at);
  return counting(total, {
    perTurn: 7,
    before: (seq) => {
      if (left.delete(seq)) throw away;
    },
  });
}

describe('runPipeline supervises its sources', () => {
  it('opens them again after each retryable error, and loses and doubles nothing', async () => {
    const facts = hear('retry-all');
    const breaks = [0, 1, 2, 50, 51, 499, 500];
    const input = breaking(501, breaks);
    const { sink, records } = gathering();
    const result = await runPipeline(pipeline('retry-all', input.source, sink), { backoff: QUICK }).done;
    facts.end();
    expect(result).to.include({ outcome: 'completed', abandoned: 0 });
    expect(records).to.deep.equal(range(0, 501));
    expect(input.subscriptions()).to.equal(breaks.length + 1);
    expect(result.stages[0]).to.include({ retries: breaks.length, received: 501, delivered: 501 });
    expect(facts.of('retrying').map(({ stage, error, attempt }) => [stage, error, attempt])).to.deep.equal(
      breaks.map(() => ['numbers', away, 1]),
    );
    expect(facts.of('failed')).to.deep.equal([]);
  });

  it('counts the attempts that brought no record, and begins anew when one comes', async () => {
    const facts = hear('retry-attempts');
    let connections = 0;
    const source = defer(() => {
      connections += 1;
      if (connections === 4)
        return concat(
          of(1),
          throwError(() => away),
        );
      return connections === 7 ? of(2) : throwError(() => away);
    });
    const { sink, records } = gathering();
    await runPipeline(pipeline('retry-attempts', source, sink), { backoff: { firstMs: 2, maxMs: 5 } }).done;
    facts.end();
    expect(records).to.deep.equal([1, 2]);
    const told = facts.of('retrying').map(({ attempt, delayMs }) => ({ attempt, delayMs }));
    expect(told.map(({ attempt }) => attempt)).to.deep.equal([1, 2, 3, 1, 2, 3]);
    for (const { attempt, delayMs } of told) {
      const step = Math.min(5, 2 ** attempt);
      expect(delayMs).to.be.within(Math.floor(step / 2), step);
    }
    expect(facts.of('recovered')).to.have.length(2);
  });

  it('says that a source has recovered with its first record, unless it said itself that it is connected', async () => {
    const facts = hear('retry-recovered');
    const connecting = (name: string, tells: boolean): Source<number> => {
      let connections = 0;
      return defineSource({
        name,
        open(tell) {
          connections += 1;
          if (connections % 2 === 1) return throwError(() => away);
          if (tells) tell({ type: 'connected', to: 'unix', simulated: false });
          return of(1, 2);
        },
      });
    };
    const sources = fromSources(connecting('silent', false), connecting('telling', true));
    await runPipeline(pipeline('retry-recovered', sources, gathering().sink), { backoff: QUICK }).done;
    facts.end();
    expect(facts.of('recovered').map(({ stage }) => stage)).to.deep.equal(['silent']);
    expect(facts.of('connected').map(({ stage }) => stage)).to.deep.equal(['telling']);
  });

  it('goes on for ever', async () => {
    const stop = new AbortController();
    const facts = hear('retry-ever');
    const run = runPipeline(
      pipeline(
        'retry-ever',
        throwError(() => away),
        gathering().sink,
      ),
      {
        stop: stop.signal,
        backoff: { firstMs: 1, maxMs: 1 },
      },
    );
    expect(await facts.until('retrying', 100)).to.include({ attempt: 100, delayMs: 1 });
    expect(run.stages()[0]!.retries).to.be.at.least(100);
    stop.abort();
    expect(await run.done).to.include({ outcome: 'stopped' });
    facts.end();
  });

  it('stops at once while it waits to try again', async () => {
    const stop = new AbortController();
    const facts = hear('retry-stop');
    const input = breaking(10, [5]);
    const { sink, records } = gathering();
    const run = runPipeline(pipeline('retry-stop', input.source, sink), {
      stop: stop.signal,
      backoff: FOR_EVER,
    });
    await facts.until('retrying');
    stop.abort();
    expect(await run.done).to.include({ outcome: 'stopped', abandoned: 0 });
    facts.end();
    expect([records, input.subscriptions()]).to.deep.equal([range(0, 5), 1]);
  });

  it('supervises each source on its own', async () => {
    const stop = new AbortController();
    const facts = hear('retry-each');
    const gone = counting(1, {
      before: () => {
        throw away;
      },
    });
    const broken = breaking(100, [10, 20]);
    const { sink, records } = gathering();
    const sources = fromSources(fromSources(gone.source, broken.source), counting(50).source);
    let all!: () => void;
    const through = new Promise<void>((resolve) => (all = resolve));
    let count = 0;
    const counted = tap<number>(() => {
      count += 1;
      if (count === 150) all();
    });
    const run = runPipeline(pipeline('retry-each', sources, counted, sink), {
      stop: stop.signal,
      backoff: QUICK,
    });
    await through;
    await facts.until('retrying', 10);
    stop.abort();
    const { stages } = await run.done;
    facts.end();
    expect(stages.map(({ name, delivered, retries }) => [name, delivered, retries > 0])).to.deep.equal([
      ...[
        ['numbers', 0, true],
        ['numbers-2', 100, true],
        ['numbers-3', 50, false],
      ],
      ['operator-1', 150, false],
      ['sink', 150, false],
    ]);
    expect([broken.subscriptions(), stages[1]!.retries]).to.deep.equal([3, 2]);
    expect(records).to.have.length(150);
    expect(facts.of('retrying').filter(({ stage }) => stage === 'numbers-2')).to.have.length(2);
  });

  it('takes an error without a code for fatal', async () => {
    for (const error of [new Error('bug'), new PipelineError('SOURCE_REFUSED', 'no'), 'text', undefined]) {
      let subscriptions = 0;
      const source = defer(() => {
        subscriptions += 1;
        return throwError(() => error);
      });
      const result = await runPipeline(pipeline('retry-fatal', source, gathering().sink), { backoff: QUICK })
        .done;
      expect(result).to.have.property('error', error);
      expect([result.outcome, subscriptions]).to.deep.equal(['failed', 1]);
    }
  });

  it('takes what opening throws as what the source errors with', async () => {
    let opened = 0;
    const source = defineSource<number>({
      name: 'throws',
      open: () => {
        opened += 1;
        throw opened < 3 ? away : new Error('bug');
      },
    });
    const { outcome, stages } = await runPipeline(pipeline('retry-throws', source, gathering().sink), {
      backoff: QUICK,
    }).done;
    expect([outcome, opened, stages[0]!.retries]).to.deep.equal(['failed', 3, 2]);
  });
});

describe('runPipeline hears its sources', () => {
  const telling = (
    name: string,
    speak: (tell: Tell) => void,
    then: Observable<number> = of(1),
  ): Source<number> =>
    defineSource({
      name,
      open: (tell) => {
        speak(tell);
        return then;
      },
    });

  it('counts what they rejected as received', async () => {
    const source = telling('lines', (tell) => {
      tell({ type: 'rejected', reason: 'invalid-json', count: 2 });
      tell({ type: 'rejected', reason: 'too-long', count: 1 });
      tell({ type: 'rejected', reason: 'invalid-json', count: 1 });
    });
    const { stages } = await runPipeline(pipeline('hears-rejected', source, gathering().sink)).done;
    expect(stages[0]).to.deep.include({
      ...{ received: 5, delivered: 1, rejected: { 'invalid-json': 3, 'too-long': 1 } },
    });
    expect(imbalance(stages[0]!)).to.equal(0);
  });

  it('counts what they dropped as received, and how often they have tried again by themselves', async () => {
    const facts = hear('hears-dropped');
    const source = telling('lines', (tell) => {
      tell({ type: 'dropped', reason: 'over-capacity', count: 2 });
      tell({ type: 'retrying', error: new Error('away'), attempt: 1, delayMs: 250 });
      tell({ type: 'recovered' });
    });
    const { stages } = await runPipeline(pipeline('hears-dropped', source, gathering().sink)).done;
    expect(stages[0]).to.deep.include({ received: 3, delivered: 1, retries: 1 });
    expect(stages[0]!.dropped).to.deep.equal({ 'over-capacity': 2 });
    expect(imbalance(stages[0]!)).to.equal(0);
    for (const type of ['dropped', 'retrying', 'recovered'] as const)
      expect(facts.of(type)).to.have.lengthOf(1);
    facts.end();
  });

  it('tells the facts of two pipelines with the same kind of source apart', async () => {
    const facts = hear('hears-a', 'hears-b');
    const source = (message: string): Source<number> =>
      telling('lines', (tell) => tell({ type: 'notice', message }));
    await Promise.all([
      runPipeline(pipeline('hears-a', source('of a'), gathering().sink)).done,
      runPipeline(pipeline('hears-b', source('of b'), gathering().sink)).done,
    ]);
    facts.end();
    expect(facts.of('notice')).to.deep.equal([
      { pipeline: 'hears-a', stage: 'lines', type: 'notice', message: 'of a' },
      { pipeline: 'hears-b', stage: 'lines', type: 'notice', message: 'of b' },
    ]);
  });

  it('tells the facts of two sources of the same kind apart, as it does their counters', async () => {
    const facts = hear('hears-twins');
    const twins = ['of the first', 'of the second'].map((message) =>
      telling('lines', (tell) => tell({ type: 'notice', message })),
    );
    const { stages } = await runPipeline(pipeline('hears-twins', fromSources(...twins), gathering().sink))
      .done;
    facts.end();
    expect(facts.of('notice').map(({ stage, message }) => [stage, message])).to.deep.equal([
      ['lines', 'of the first'],
      ['lines-2', 'of the second'],
    ]);
    expect(stage(stages, 'lines-2')).to.include({ kind: 'source', delivered: 1 });
  });

  it('hears one source in two runs, each for its own', async () => {
    const facts = hear('hears-one', 'hears-other');
    const source = telling('lines', (tell) => tell({ type: 'notice', message: 'opened' }));
    for (const name of ['hears-one', 'hears-other'])
      await runPipeline(pipeline(name, source, gathering().sink)).done;
    facts.end();
    expect(facts.of('notice').map(({ pipeline: name }) => name)).to.deep.equal(['hears-one', 'hears-other']);
  });
});

describe('runPipeline hears its sinks', () => {
  it('counts their tries, and tells what they say under their names', async () => {
    const facts = hear('hears-sinks');
    const full = new PipelineError('SINK_UNAVAILABLE', 'the disk is full');
    let opened = 0;
    const sink = sinkOf({
      name: 'file',
      target: '/data/x',
      backoff: QUICK,
      open: (tell) => {
        opened += 1;
        if (opened < 3) throw full;
        tell('a torn line was put aside');
        return Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() });
      },
    });
    const { stages } = await runPipeline(pipeline('hears-sinks', of(1), [sink, gathering().sink])).done;
    facts.end();
    expect(stage(stages, 'file')).to.deep.include({ retries: 2, delivered: 1, targets: ['/data/x'] });
    expect(stage(stages, 'sink').retries).to.equal(0);
    const said = facts.facts.filter((fact) => fact.stage === 'file');
    expect(said.map(({ type }) => type)).to.deep.equal([
      'retrying',
      'retrying',
      'notice',
      'recovered',
      'opened',
    ]);
    expect(facts.of('retrying').map(({ error, attempt }) => [error, attempt])).to.deep.equal([
      [full, 1],
      [full, 2],
    ]);
    expect(facts.of('notice')[0]).to.include({ stage: 'file', message: 'a torn line was put aside' });
  });
});
