import { expect } from 'chai';
import { Observable, of, take } from 'rxjs';
import { emitting } from '../../src/operators/emitting.ts';
import { marbles } from '../marbles.ts';

describe('emitting', () => {
  it('stops a source that never yields, once no more is wanted', () => {
    let sent = 0;
    const endless = new Observable<number>((out) => {
      while (!out.closed) out.next((sent += 1));
    });
    const out: number[] = [];
    emitting<number, number>(endless, (emit) => ({
      next(n) {
        emit(n);
        emit(-n);
      },
    }))
      .pipe(take(3))
      .subscribe((n) => out.push(n));
    expect(out).to.deep.equal([1, -1, 2]);
    expect(sent).to.be.at.most(3);
  });

  it('releases however it ends', () => {
    let released = 0;
    const release = (): void => void (released += 1);
    const numbers = emitting<number, number>(of(1, 2), (emit) => ({ next: emit, release }));
    numbers.subscribe();
    expect(released).to.equal(1);
    numbers.pipe(take(1)).subscribe();
    expect(released).to.equal(2);
    const failing = (): void => {
      throw new Error('broken');
    };
    let failure: unknown;
    emitting(of(1), () => ({ next: failing, release })).subscribe({ error: (e: unknown) => (failure = e) });
    expect([released, String(failure)]).to.deep.equal([3, 'Error: broken']);
  });

  it(
    'emits at completion, before it is passed on',
    marbles(({ cold, expectObservable }) => {
      const last = emitting<string, string>(cold('-a-b-|'), (emit) => {
        let latest = 'none';
        return { next: (record) => (latest = record), complete: () => emit(latest) };
      });
      expectObservable(last).toBe('-----(b|)');
    }),
  );
});
