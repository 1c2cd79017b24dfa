import { expect } from 'chai';
import {
  asapScheduler,
  asyncScheduler,
  bufferTime,
  concatMap,
  debounceTime,
  delay,
  firstValueFrom,
  interval,
  map,
  observeOn,
  of,
  Subject,
  switchMap,
  take,
  timeout,
  timer,
  timestamp,
  windowTime,
  toArray,
  mergeMap,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { virtualTime } from '../../src/replay/virtual-time.ts';
import type { VirtualTime } from '../../src/replay/virtual-time.ts';

const START = Date.UTC(2020, 0, 1);

describe('virtual time', () => {
  const times: VirtualTime[] = [];
  const open = (startMs = START): VirtualTime => {
    const time = virtualTime(startMs);
    times.push(time);
    return time;
  };
  const advance = (time: VirtualTime, ms: number): void => {
    const to = time.nowMs + ms;
    time.within(() => {
      while (time.fireNext(to));
    });
    time.moveTo(to);
  };
  afterEach(() => times.splice(0).forEach((time) => time.end()));

  it('stands still until it is moved, and is what RxJS says', () => {
    const time = open();
    expect(time.within(() => asyncScheduler.now())).to.equal(START);
    time.moveTo(START + 5);
    expect(time.within(() => asyncScheduler.now())).to.equal(START + 5);
    time.moveTo(START);
    expect(time.nowMs).to.equal(START + 5);
  });

  it('fires timers in the order of their time, those of the same time in the order they were set', () => {
    const time = open();
    const fired: string[] = [];
    const set = (name: string, ms: number): void => {
      asyncScheduler.schedule(() => fired.push(`${name} ${time.nowMs - START}`), ms);
    };
    time.within(() => {
      set('c', 30);
      set('a', 10);
      set('b', 20);
      set('a2', 10);
    });
    expect(time.nextMs).to.equal(START + 10);
    advance(time, 20);
    expect(fired).to.deep.equal(['a 10', 'a2 10', 'b 20']);
    advance(time, 10);
    expect(fired.at(-1)).to.equal('c 30');
    expect(time.nextMs).to.equal(Infinity);
  });

  it('fires what timers set, at its time and before later ones', () => {
    const time = open();
    const fired: string[] = [];
    time.within(() => {
      asyncScheduler.schedule(() => {
        fired.push('outer');
        asyncScheduler.schedule(() => fired.push('inner'), 5);
        asyncScheduler.schedule(() => fired.push('at once'), 0);
      }, 10);
      asyncScheduler.schedule(() => fired.push('later'), 20);
    });
    advance(time, 20);
    expect(fired).to.deep.equal(['outer', 'at once', 'inner', 'later']);
  });

  it('fires none that was cleared, also by one that fires before it at the same time', () => {
    const time = open();
    const fired: string[] = [];
    time.within(() => {
      const cleared = asyncScheduler.schedule(() => fired.push('cleared'), 5);
      cleared.unsubscribe();
      asyncScheduler.schedule(() => second.unsubscribe(), 10);
      const second = asyncScheduler.schedule(() => fired.push('second'), 10);
      asyncScheduler.schedule(() => fired.push('third'), 10);
    });
    advance(time, 100);
    expect(fired).to.deep.equal(['third']);
    expect(time.nextMs).to.equal(Infinity);
  });

  it('keeps no timer that was cleared', () => {
    const time = open();
    const records = new Subject<number>();
    time.within(() => {
      records.pipe(switchMap(() => timer(3_600_000))).subscribe();
      for (let i = 0; i < 1_000; i += 1) records.next(i);
      records.next(0);
    });
    let fired = 0;
    time.within(() => {
      while (time.fireNext(Infinity)) fired += 1;
    });
    expect(fired).to.equal(1);
  });

  it('repeats an interval, and one of nothing once a millisecond, so that time goes on', () => {
    const time = open();
    const seen: number[] = [];
    time.within(() => {
      interval(1000).subscribe(() => seen.push(time.nowMs - START));
      interval(0)
        .pipe(take(3))
        .subscribe(() => seen.push(time.nowMs - START));
    });
    advance(time, 3_500);
    expect(seen).to.deep.equal([1, 2, 3, 1000, 2000, 3000]);
  });

  it('waits longer than timers of Node can, and for ever', () => {
    const time = open();
    const fired: string[] = [];
    const year = 365 * 86_400_000;
    time.within(() => {
      timer(year).subscribe(() => fired.push('year'));
      timer(Infinity).subscribe(() => fired.push('never'));
    });
    advance(time, year - 1);
    expect(fired).to.deep.equal([]);
    advance(time, year);
    expect(fired).to.deep.equal(['year']);
  });

  it("serves RxJS's operators", async () => {
    const time = open();
    const out: unknown[] = [];
    const source = new Subject<string>();
    time.within(() => {
      source.pipe(debounceTime(100)).subscribe((value) => out.push(['debounced', value, time.nowMs - START]));
      source.pipe(bufferTime(1000)).subscribe((values) => out.push(['buffered', values]));
      source
        .pipe(delay(50), timestamp())
        .subscribe(({ value, timestamp: at }) => out.push(['delayed', value, at - START]));
      source
        .pipe(
          windowTime(600),
          mergeMap((window) => window.pipe(toArray())),
        )
        .subscribe((values) => out.push(['window', values]));
      source
        .pipe(observeOn(asapScheduler))
        .subscribe((value) => out.push(['soon', value, time.nowMs - START]));
      source.pipe(timeout(500)).subscribe({ error: () => out.push(['silent', time.nowMs - START]) });
      source.next('a');
    });
    advance(time, 40);
    time.within(() => source.next('b'));
    advance(time, 1000);
    expect(out).to.deep.equal([
      ['soon', 'a', 0],
      ['soon', 'b', 40],
      ['delayed', 'a', 50],
      ['delayed', 'b', 90],
      ['debounced', 'b', 140],
      ['silent', 540],
      ['window', ['a', 'b']],
      ['buffered', ['a', 'b']],
    ]);
    // It follows what is called within, also behind a promise.
    const at = await time.within(async () => {
      await Promise.resolve();
      return asyncScheduler.now();
    });
    expect(at).to.equal(START + 1040);
  });

  it('leaves everybody else the real time, and Node’s own timers to all', async () => {
    const time = open();
    const before = Date.now();
    expect(asyncScheduler.now()).to.be.at.least(before);
    expect(await firstValueFrom(timer(1).pipe(map(() => 'real')))).to.equal('real');
    expect(await firstValueFrom(of('soon').pipe(observeOn(asapScheduler)))).to.equal('soon');
    await time.within(() => new Promise((resolve) => setTimeout(resolve, 1)));
    expect(time.nowMs).to.equal(START);
  });

  it('may run beside another, and is undone with the last', async () => {
    const one = open();
    const other = open(START + 1_000_000);
    const seen: string[] = [];
    one.within(() => timer(10).subscribe(() => seen.push('one')));
    const cancelled = other.within(() => timer(10).subscribe(() => seen.push('cancelled')));
    other.within(() => timer(10).subscribe(() => seen.push('other')));
    // From outside.
    cancelled.unsubscribe();
    advance(other, 10);
    expect(seen).to.deep.equal(['other']);
    one.end();
    one.end();
    advance(one, 10);
    expect(seen).to.deep.equal(['other']);
    expect(other.within(() => asyncScheduler.now())).to.equal(other.nowMs);
    other.end();
    expect(other.within(() => asyncScheduler.now())).to.be.at.least(Date.now() - 1000);
    expect(await other.within(() => firstValueFrom(of(1).pipe(concatMap(() => timer(1)))))).to.equal(0);
    // A TestScheduler has what it needs again.
    new TestScheduler((actual, expected) => void expect(actual).to.deep.equal(expected)).run(
      ({ cold, expectObservable }) => {
        expectObservable(cold('a|').pipe(delay(2))).toBe('--(a|)');
      },
    );
  });
});
