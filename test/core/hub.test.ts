import { expect } from 'chai';
import { take } from 'rxjs';
import { createHub } from '../../src/core/hub.ts';
import type { Handed } from '../../src/core/hub.ts';

const handed = (): Handed => ({ received: 0, missed: 0 });

describe('createHub', () => {
  it('hands each record to every reader, in their order', () => {
    const seen: string[] = [];
    const hub = createHub<number>();
    hub.recordsFor(handed()).subscribe({ next: (n) => seen.push(`a${n}`), complete: () => seen.push('a|') });
    hub.recordsFor(handed()).subscribe({ next: (n) => seen.push(`b${n}`), complete: () => seen.push('b|') });
    hub.next(1);
    hub.next(2);
    hub.complete();
    expect(seen).to.deep.equal(['a1', 'b1', 'a2', 'b2', 'a|', 'b|']);
  });

  it('goes on with the others when a reader leaves, also within a record', () => {
    const seen: number[] = [];
    const hub = createHub<number>();
    hub.recordsFor(handed()).pipe(take(1)).subscribe();
    const second = hub.recordsFor(handed()).subscribe();
    hub.recordsFor(handed()).subscribe((n) => seen.push(n));
    hub.next(1);
    second.unsubscribe();
    hub.next(2);
    expect(seen).to.deep.equal([1, 2]);
  });

  it('completes a reader that comes when all is over', () => {
    const hub = createHub<number>();
    hub.complete();
    let completed = false;
    hub.recordsFor(handed()).subscribe({ complete: () => (completed = true) });
    expect(completed).to.equal(true);
  });

  it('counts for each sink what it is handed, and what it is not for it has left', () => {
    const hub = createHub<number>();
    const [short, double] = [handed(), handed()];
    const seen: (readonly number[])[] = [];
    hub.recordsFor(short).pipe(take(2)).subscribe();
    const twice = hub.recordsFor(double);
    twice.subscribe(() => seen.push([short.received + short.missed, double.received]));
    twice.pipe(take(1)).subscribe();
    for (const n of [1, 2, 3]) hub.next(n);
    expect([short, double]).to.deep.equal([
      { received: 2, missed: 1 },
      { received: 3, missed: 0 },
    ]);
    // At every moment as much for each.
    expect(seen.map(([a, b]) => a === b)).to.deep.equal([true, true, true]);
  });

  it('hands records to nobody when nobody reads', () => {
    const hub = createHub<number>();
    hub.next(1);
    const seen: number[] = [];
    hub.recordsFor(handed()).subscribe((n) => seen.push(n));
    hub.next(2);
    expect(seen).to.deep.equal([2]);
  });
});
