import { expect } from 'chai';
import { concat, NEVER, Observable, of } from 'rxjs';
import { booksOfRuns } from '../../src/core/running.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { shared, withShared } from '../../src/core/shared.ts';
import type { Sink } from '../../src/core/types.ts';
import { sinkOf, turns } from './sinks.ts';

describe('shared', () => {
  const thing = (name = 'thing'): object => shared(name, () => ({ name }));

  it('is one thing for all within, made when it is asked for first', () => {
    let made = 0;
    withShared(() => {
      expect(made).to.equal(0);
      const counted = (): number => shared('counted', () => (made += 1));
      expect([counted(), counted()]).to.deep.equal([1, 1]);
      expect(thing()).to.equal(thing());
      expect(thing('other')).not.to.equal(thing());
    });
  });

  it('is kept when it is undefined', () =>
    withShared(() => {
      let made = 0;
      const ask = (): void => shared('nothing', () => void (made += 1));
      ask();
      ask();
      expect(made).to.equal(1);
    }));

  it('follows what is begun within, however long it takes', async () => {
    const [early, late] = await withShared(async () => {
      const before = thing();
      await turns(3);
      return [before, await new Promise<object>((resolve) => setTimeout(() => resolve(thing()), 1))];
    });
    expect(early).to.equal(late);
  });

  it('is the outer one for what opens within it, and another one beside it', () => {
    const [outer, inner] = withShared(() => [thing(), withShared(() => thing())]);
    expect(inner).to.equal(outer);
    expect(withShared(() => thing())).not.to.equal(outer);
  });

  it('is a new one each time outside', () => expect(thing()).not.to.equal(thing()));
});

describe('booksOfRuns', () => {
  /** A sink that says which pipelines it knows of when it opens. */
  const knowing = (told: (names: readonly string[]) => void): Sink<number> =>
    sinkOf({
      open: async () => {
        await turns(1);
        told([...booksOfRuns().keys()]);
        return { write: () => Promise.resolve(), close: () => Promise.resolve() };
      },
    });
  const runTwo = async (): Promise<readonly (readonly string[])[]> => {
    const names = ['shared-a', 'shared-b'];
    return Promise.all(
      names.map(async (name) => {
        let known: readonly string[] = [];
        await runPipeline(
          pipeline(
            name,
            of(1),
            knowing((all) => (known = all)),
          ),
        ).done;
        return known;
      }),
    );
  };

  it('has the books of every run of the process', async () => {
    const both = ['shared-a', 'shared-b'];
    expect(await withShared(runTwo)).to.deep.equal([both, both]);
  });

  it('has those of one run, where each is run for itself', async () => {
    expect(await runTwo()).to.deep.equal([['shared-a'], ['shared-b']]);
    expect([...booksOfRuns()]).to.deep.equal([]);
  });

  it('says what state a run is in', () =>
    withShared(async () => {
      const stateOf = (name: string): string | undefined => booksOfRuns().get(name)?.state;
      const stop = new AbortController();
      const endless = pipeline('shared-endless', concat(of(1), NEVER), sinkOf());
      const run = runPipeline(endless, { stop: stop.signal });
      expect(stateOf('shared-endless')).to.equal('running');
      stop.abort();
      expect(stateOf('shared-endless')).to.equal('draining');
      await run.done;
      expect(stateOf('shared-endless')).to.equal('stopped');

      await runPipeline(pipeline('shared-ended', of(1), sinkOf())).done;
      expect(stateOf('shared-ended')).to.equal('completed');

      const broken = new Observable<number>((out) => out.error(new Error('on purpose')));
      const stuck = sinkOf({ open: () => new Promise<never>(() => undefined) });
      const failing = runPipeline(pipeline('shared-failed', broken, sinkOf()));
      expect(stateOf('shared-failed')).to.equal('failed');
      await failing.done;
      expect(stateOf('shared-failed')).to.equal('failed');

      await runPipeline(pipeline('shared-overdue', concat(of(1), broken), stuck), { drainMs: 1 }).done;
      expect(stateOf('shared-overdue')).to.equal('overdue');

      runPipeline(endless, { stop: stop.signal });
      expect(stateOf('shared-endless')).to.equal('draining');
    }));
});
