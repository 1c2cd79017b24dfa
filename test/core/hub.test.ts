import { expect } from 'chai';
import { take } from 'rxjs';
import { createHub } from '../../src/core/hub.ts';

describe('createHub', () => {
  it('hands each record to every reader, in their order', () => {
    const seen: string[] = [];
    const hub = createHub<number>();
    hub.records.subscribe({ next: (n) => seen.push(`a${n}`), complete: () => seen.push('a|') });
    hub.records.subscribe({ next: (n) => seen.push(`b${n}`), complete: () => seen.push('b|') });
    hub.next(1);
    hub.next(2);
    hub.complete();
    expect(seen).to.deep.equal(['a1', 'b1', 'a2', 'b2', 'a|', 'b|']);
  });

  it('goes on with the others when a reader leaves, also within a record', () => {
    const seen: number[] = [];
    const hub = createHub<number>();
    hub.records.pipe(take(1)).subscribe();
    const second = hub.records.subscribe();
    hub.records.subscribe((n) => seen.push(n));
    hub.next(1);
    second.unsubscribe();
    hub.next(2);
    expect(seen).to.deep.equal([1, 2]);
  });

  it('completes a reader that comes when all is over', () => {
    const hub = createHub<number>();
    hub.complete();
    let completed = false;
    hub.records.subscribe({ complete: () => (completed = true) });
    expect(completed).to.equal(true);
  });

  it('hands records to nobody when nobody reads', () => {
    const hub = createHub<number>();
    hub.next(1);
    const seen: number[] = [];
    hub.records.subscribe((n) => seen.push(n));
    hub.next(2);
    expect(seen).to.deep.equal([2]);
  });
});
