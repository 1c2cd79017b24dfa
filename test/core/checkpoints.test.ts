import { expect } from 'chai';
import { filter, map, pipe, take, tap } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import { joinCheckpoints } from '../../src/core/checkpoints.ts';
import type { CheckpointStore } from '../../src/core/checkpoints.ts';
import { PipelineError } from '../../src/core/errors.ts';
import { from as fromSources, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Json, Sink } from '../../src/core/types.ts';
import { countBy } from '../../src/operators/count-by.ts';
import { hear } from './runs.ts';
import { gathering, handwritten, sinkOf } from './sinks.ts';
import type { Own } from './sinks.ts';
import { counting, range } from './sources.ts';

interface Kept {
  readonly sources: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, Json>>;
}

interface Memory extends CheckpointStore {
  readonly last: () => Kept | undefined;
  readonly saves: () => number;
  readonly closes: () => number;
}

/** A store in memory; `before` may look at each checkpoint before it is kept, or refuse it. */
function memory(before: (checkpoint: Kept) => void = () => undefined, first?: Json): Memory {
  let kept = first;
  let saves = 0;
  let closes = 0;
  return {
    place: 'memory',
    load: () => Promise.resolve(kept),
    save: async (checkpoint) => {
      await Promise.resolve();
      before(checkpoint as unknown as Kept);
      kept = JSON.parse(JSON.stringify(checkpoint)) as Json;
      saves += 1;
    },
    close: () => Promise.resolve(void (closes += 1)),
    closes: () => closes,
    last: () => kept as unknown as Kept | undefined,
    saves: () => saves,
  };
}

/** A sink that says in its checkpoints how many records it has written. */
function counted(own: Own<number> & { readonly delay?: () => Promise<unknown> } = {}): {
  sink: Sink<number>;
  written: number[];
  restored: (Json | undefined)[];
} {
  const { delay, ...rest } = own;
  const written: number[] = [];
  const restored: (Json | undefined)[] = [];
  const sink = sinkOf({
    name: 'counted',
    open: (_tell, membership) => {
      restored.push(membership?.restored);
      return Promise.resolve({
        write: async (batch) => {
          await delay?.();
          written.push(...batch);
        },
        checkpoint: () => Promise.resolve(written.length),
        close: () => Promise.resolve(),
      });
    },
    ...rest,
  });
  return { sink, written, restored };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const often = { checkpointMs: 1 };

describe('checkpoints', () => {
  it('cover what the sink has delivered, and nothing else, at any speed of it', async () => {
    const faults: string[] = [];
    for (const policy of ['pause', 'drop-oldest', 'drop-newest'] as const) {
      const { sink, written } = counted({ delay: turn, queue: { policy, capacity: 64 } });
      const store = memory(({ sources, states }) => {
        const place = sources['numbers']!;
        const state = states['counted memory'] as number;
        // Whatever came before the place has been written or dropped, and nothing that came behind it.
        if (written.slice(0, state).some((n) => n >= place)) faults.push(`${policy}: beyond ${place}`);
        if (policy === 'pause' && state !== place) faults.push(`pause: ${state} at ${place}`);
        if (written.slice(state).some((n) => n < place)) faults.push(`${policy}: short of ${place}`);
      });
      const { source } = counting(3000, { perTurn: 7 });
      const { outcome } = await runPipeline(pipeline('covering', source, sink), {
        checkpoints: store,
        ...often,
      }).done;
      expect([outcome, store.last()?.sources['numbers']]).to.deep.equal(['completed', 3000]);
      expect([store.saves() > 3, store.closes()]).to.deep.equal([true, 1]);
    }
    expect(faults).to.deep.equal([]);
  });

  it('are not kept before a slow sink has delivered what they cover', async () => {
    const { sink, nextWrite } = handwritten({ name: 'slow' });
    const fast = gathering({ name: 'fast' });
    const store = memory();
    const source = counting(10, { perTurn: 10 }).source;
    const run = runPipeline(pipeline('waiting', source, [fast.sink, sink]), { checkpoints: store, ...often });
    const write = await nextWrite();
    for (let i = 0; i < 20; i += 1) await turn();
    expect(store.last()?.sources['numbers'] ?? 0).to.equal(0);
    write.succeed();
    await run.done;
    expect(store.last()?.sources).to.deep.equal({ numbers: 10 });
  });

  it('are where a later run goes on: sources, operators and sinks', async () => {
    const store = memory();
    const totals: number[] = [];
    const count = countBy<number, { odd: boolean }>({ labels: (n) => ({ odd: n % 2 === 1 }) });
    const first = counting(500, { perTurn: 1 });
    const last = counting(1000);
    for (const { source } of [first, last]) {
      const { sink, restored } = counted();
      const stop = new AbortController();
      const stopAt = tap((n: number) => {
        if (n === 300 && source === first.source) stop.abort();
      });
      const seen = tap(({ count: total }: { count: number }) => totals.push(total));
      const stages = [stopAt, count, seen, map(() => 0)] as const;
      const result = await runPipeline(pipeline('resumed', source, ...stages, sink), {
        checkpoints: store,
        stop: stop.signal,
        checkpointMs: 1_000_000,
      }).done;
      expect(result.outcome).to.equal(source === first.source ? 'stopped' : 'completed');
      expect(restored).to.deep.equal([source === first.source ? undefined : 301]);
    }
    expect([first.emitted(), totals.length]).to.deep.equal([301, 1000]);
    expect(totals.slice(-2)).to.deep.equal([500, 500]);
  });

  it('count in branches too, and keep two of a name apart', async () => {
    const store = memory();
    const counter = (): OperatorFunction<number, { count: number }> =>
      countBy<number, { all: true }>({ labels: () => ({ all: true }) });
    const seen: number[] = [];
    const branch = (): Sink<number> =>
      pipe(
        filter((n: number) => n % 2 === 0),
        counter(),
        tap(({ count }) => seen.push(count)),
        gathering<unknown>({ name: 'branch' }).sink,
      );
    for (const total of [10, 20]) {
      const source = counting(total).source;
      await runPipeline(pipeline('branches', source, [branch(), branch()]), { checkpoints: store }).done;
    }
    expect(Object.keys(store.last()!.states).sort()).to.deep.equal([
      ...['branch memory', 'branch memory-2', 'countBy', 'countBy-2'],
    ]);
    expect(Math.max(...seen)).to.equal(10);
  });

  it('remember the end of a branch that ended before the others', async () => {
    const store = memory();
    const { sink, written } = counted({ name: 'early' });
    const early = pipe(take<number>(3), sink);
    const late = gathering();
    await runPipeline(pipeline('early', counting(500, { perTurn: 5 }).source, [early, late.sink]), {
      checkpoints: store,
      ...often,
    }).done;
    expect(written).to.deep.equal([0, 1, 2]);
    expect([store.last()?.sources['numbers'], store.last()?.states['early memory']]).to.deep.equal([500, 3]);
  });

  it('cover nothing that was handed to a stage that failed', async () => {
    for (const where of ['operator', 'branch', 'sink'] as const) {
      const store = memory();
      const written: number[] = [];
      const fails = (n: number): void => {
        if (n === 200) throw new Error('broken');
      };
      const sink = sinkOf({
        open: () =>
          Promise.resolve({
            write: (batch) => {
              if (where === 'sink') batch.forEach(fails);
              written.push(...batch);
              return turn();
            },
            close: () => Promise.resolve(),
          }),
      });
      const source = counting(400, { perTurn: 10 }).source;
      const failing = tap(fails);
      const flow =
        where === 'operator'
          ? pipeline('failing', source, failing, sink)
          : pipeline('failing', source, where === 'branch' ? pipe(failing, sink) : sink);
      const { outcome } = await runPipeline(flow, { checkpoints: store, ...often }).done;
      expect([where, outcome]).to.deep.equal([where, 'failed']);
      const place = store.last()?.sources['numbers'] ?? 0;
      expect(place, where).to.be.at.most(200);
      expect(written, where).to.include.members(range(0, place));
    }
  });

  it('cover nothing that was abandoned', async () => {
    const { sink, nextWrite } = handwritten();
    const store = memory();
    const stop = new AbortController();
    const run = runPipeline(pipeline('abandoning', counting(10).source, sink), {
      checkpoints: store,
      stop: stop.signal,
      drainMs: 20,
    });
    await nextWrite();
    stop.abort();
    expect((await run.done).outcome).to.equal('overdue');
    expect(store.last()?.sources).to.deep.equal({ numbers: 0 });
  });

  it('know each of several sources', async () => {
    const store = memory();
    const { sink, records } = gathering();
    const both = (): ReturnType<typeof fromSources> => fromSources(counting(30).source, counting(50).source);
    for (let i = 0; i < 2; i += 1)
      await runPipeline(pipeline('several', both(), sink as Sink<unknown>), { checkpoints: store }).done;
    expect(store.last()?.sources).to.deep.equal({ numbers: 30, 'numbers-2': 50 });
    expect(records).to.have.length(80);
  });

  it('say once that they cannot be kept, and that they can again; the run goes on', async () => {
    const heard = hear('unkept');
    let full = false;
    const store = memory(() => {
      if (full) throw new Error('the disk is full');
    });
    const { sink } = gathering({
      before: async () => {
        full ||= heard.of('notice').length === 0;
        await turn();
      },
    });
    const run = runPipeline(pipeline('unkept', counting(3000, { perTurn: 1 }).source, sink), {
      checkpoints: store,
      ...often,
    });
    await heard.until('notice');
    for (let i = 0; i < 50; i += 1) await turn();
    full = false;
    expect((await run.done).outcome).to.equal('completed');
    heard.end();
    expect(heard.of('notice').map(({ message }) => message)).to.deep.equal([
      'the checkpoint could not be kept, the one before stands: the disk is full',
      'checkpoints are kept again',
    ]);
    expect(store.last()?.sources).to.deep.equal({ numbers: 3000 });
  });

  it('begin with where a new sink stands, before anything is read', async () => {
    const { sink, written } = counted();
    written.push(7, 7, 7);
    const states: unknown[] = [];
    const store = memory();
    const { source } = counting(2, { before: () => states.push(store.last()?.states) });
    await runPipeline(pipeline('beginning', source, sink), { checkpoints: store }).done;
    expect(states[0]).to.deep.equal({ 'counted memory': 3 });
  });

  it('end the run where the first one cannot be kept, and where a sink fails before it', async () => {
    const { source, subscriptions } = counting(5);
    const full = memory(() => {
      throw new Error('the disk is full');
    });
    const result = await runPipeline(pipeline('full', source, gathering().sink), { checkpoints: full }).done;
    expect((result.error as Error).message).to.equal('the disk is full');
    const broken = sinkOf({ open: () => Promise.reject(new Error('no such place')) });
    const other = gathering();
    const failed = runPipeline(pipeline('broken', source, [broken, other.sink]), { checkpoints: memory() });
    expect(((await failed.done).error as Error).message).to.equal('no such place');
    expect([result.outcome, subscriptions(), other.closed()]).to.deep.equal(['failed', 0, 1]);
  });

  it('are kept only when something has changed', async () => {
    const store = memory();
    const stop = new AbortController();
    const source = counting(5).source;
    const never = fromSources(source, silentSource());
    const run = runPipeline(pipeline('idle', never, gathering<unknown>().sink), {
      checkpoints: store,
      stop: stop.signal,
      ...often,
    });
    while (store.saves() === 0) await turn();
    for (let i = 0; i < 100; i += 1) await turn();
    stop.abort();
    await run.done;
    expect(store.saves()).to.be.at.most(2);
  });

  for (const [what, first, message] of [
    ['of another version', { version: 2 }, 'its version is 2, this program knows version 1'],
    ['of something else', [], 'its version is undefined'],
    ['without its parts', { version: 1 }, 'it has no sources and states'],
    [
      'that a source cannot use',
      { version: 1, sources: { numbers: 'x' }, states: {} },
      'numbers cannot go on from it: no number',
    ],
  ] as const)
    it(`refuse one ${what}, before anything is read`, async () => {
      const { source, subscriptions } = counting(5);
      const picky = Object.create(source) as typeof source;
      const traits = Object.getOwnPropertySymbols(source)[0]!;
      const own = (source as unknown as Record<symbol, object>)[traits]!;
      const restore = (): never => {
        throw new TypeError('no number');
      };
      Object.defineProperty(picky, traits, {
        value: { ...own, cursor: { read: () => 0, restore } },
      });
      const { error, outcome } = await runPipeline(pipeline('refused', picky, gathering().sink), {
        checkpoints: memory(undefined, first),
      }).done;
      expect(error).to.be.instanceOf(PipelineError).with.property('code', 'CONFIG_INVALID');
      expect((error as Error).message).to.contain(`the checkpoint memory cannot be used: ${message}`);
      expect([outcome, subscriptions()]).to.deep.equal(['failed', 0]);
    });

  it('are no matter of what runs without them', () => {
    expect(joinCheckpoints('alone', { snapshot: () => 0 })).to.equal(undefined);
  });
});

/** A source that never says anything. */
function silentSource(): ReturnType<typeof counting>['source'] {
  return counting(1, { perTurn: 0 }).source;
}
