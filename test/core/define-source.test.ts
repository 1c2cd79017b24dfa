import { expect } from 'chai';
import { lastValueFrom, map, Observable, of, toArray } from 'rxjs';
import { defineSource, sourceCounts, traitsOf } from '../../src/core/define-source.ts';

describe('defineSource', () => {
  it('is a plain Observable outside of a pipeline, and its facts are unheard', async () => {
    const source = defineSource({
      name: 'numbers',
      open: (tell) => {
        tell({ type: 'notice', message: 'nobody hears this' });
        return of(1, 2, 3);
      },
    });
    expect(source).to.be.instanceOf(Observable);
    expect(
      await lastValueFrom(
        source.pipe(
          map((n) => n * 2),
          toArray(),
        ),
      ),
    ).to.deep.equal([2, 4, 6]);
  });

  it('opens anew for each subscription, and not before', () => {
    let opened = 0;
    const source = defineSource({
      name: 'numbers',
      open: () => {
        opened += 1;
        return of(1);
      },
    });
    expect(opened).to.equal(0);
    source.subscribe();
    source.subscribe();
    expect(opened).to.equal(2);
  });

  it('carries its traits, unseen', () => {
    const traits = { name: 'numbers', open: () => of(1), conflateBy: String };
    const source = defineSource(traits);
    expect(traitsOf(source)).to.deep.equal({ ...traits, resumable: true });
    expect(Object.keys(source)).to.not.include('name');
  });
});

describe('traitsOf', () => {
  it('takes any Observable', () => {
    const source = of(1, 2);
    const { name, open, conflateBy, resumable } = traitsOf(source);
    expect([name, conflateBy, resumable]).to.deep.equal(['observable', undefined, false]);
    expect(open(() => undefined, of(true), sourceCounts())).to.equal(source);
  });

  it('knows a source no longer once RxJS has made another Observable of it', () => {
    const source = defineSource({ name: 'numbers', open: () => of(1) });
    expect(traitsOf(source.pipe(map((n) => n + 1))).name).to.equal('observable');
  });
});
