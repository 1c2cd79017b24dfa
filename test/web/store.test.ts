import { expect } from 'chai';
import type { PageState } from '../../src/records/page-state.ts';
import { createStore } from '../../web/src/model/store.ts';
import type { Store } from '../../web/src/model/store.ts';
import { at, event, facts, NOON, reading } from './records.ts';

const state = (change: Partial<PageState> = {}): PageState => ({
  ...{ time: at(0), engines: [], containers: [], readings: [], happenings: [] },
  ...change,
});

describe('web: store', () => {
  const rowOf = (store: Store, name: string, seconds = 0) =>
    store.rows(NOON + seconds * 1_000).find((row) => row.name === name);

  it('joins facts and readings of a container, in whatever order they come', () => {
    const store = createStore();
    store.take(reading('a', 0, { cpuPercent: 5 }), NOON);
    expect(store.rows(NOON)).to.deep.equal([]);
    store.take(facts('a', { memory: 2048 }), NOON);
    expect(rowOf(store, 'a')).to.deep.include({ memoryLimit: 2048, now: { cpuPercent: 5 } });
    expect(rowOf(store, 'a')!.history.length).to.equal(1);
  });

  it('shows no reading that is old, and none of a container that does not run', () => {
    const store = createStore();
    store.take(facts('a'), NOON);
    store.take(reading('a', 0, { cpuPercent: 5 }), NOON);
    expect(rowOf(store, 'a', 14)!.now).to.deep.equal({ cpuPercent: 5 });
    expect(rowOf(store, 'a', 16)!.now).to.deep.equal({});
    store.take(facts('a', { state: 'exited', time: at(1) }), NOON);
    expect(rowOf(store, 'a', 1)!.now).to.deep.equal({});
  });

  it('marks a container that was removed, and then forgets it', () => {
    const store = createStore();
    store.take(facts('a'), NOON);
    store.take(facts('a', { state: 'removed', time: at(1) }), NOON + 1_000);
    expect(rowOf(store, 'a', 8)!.state).to.equal('removed');
    expect(rowOf(store, 'a', 10)).to.equal(undefined);
  });

  it('takes facts that are older than those it has for what they are', () => {
    const store = createStore();
    store.take(facts('a', { time: at(5), restartCount: 2 }), NOON);
    store.load(state({ containers: [facts('a', { time: at(4), restartCount: 1 })] }), NOON);
    expect(rowOf(store, 'a')!.restarts).to.equal(2);
  });

  it('takes what a state does not name for gone, and a happening that comes twice once', () => {
    const store = createStore();
    store.take(facts('gone'), NOON);
    store.take(event('a', 'start', 1), NOON);
    const happenings = [event('a', 'create', 0), event('a', 'start', 1)];
    const readings = [{ host: 'h', id: 'id-of-a', time: at(0), derived: { cpuPercent: 1 } }];
    store.load(state({ containers: [facts('a')], readings, happenings }), NOON);
    expect(rowOf(store, 'gone')!.state).to.equal('removed');
    expect(rowOf(store, 'a')!.now).to.deep.equal({ cpuPercent: 1 });
    expect(store.items().map(({ text }) => text)).to.deep.equal(['started', 'created']);
  });

  it('keeps the newest 5,000 happenings, by their times', () => {
    const store = createStore();
    for (let i = 0; i < 7_000; i += 1) store.take(event('a', 'start', i), NOON);
    store.take(event('late', 'start', 6_998.5), NOON);
    const items = store.items();
    expect(items.length).to.be.within(5_000, 6_000);
    expect(items.slice(0, 3).map(({ subject, atMs }) => [subject, (atMs - NOON) / 1_000])).to.deep.equal([
      ['a', 6_999],
      ['late', 6_998.5],
      ['a', 6_998],
    ]);
  });

  it('shows a crash loop at the container and in the timeline', () => {
    const store = createStore();
    store.take(facts('a'), NOON);
    for (const seconds of [1, 2, 3])
      store.take(event('a', 'die', seconds, { exit: { code: 1, verified: true } }), NOON);
    expect(rowOf(store, 'a', 4)!.isCrashLooping).to.equal(true);
    expect(store.items()[0]).to.include({ mark: 'crash-loop', subject: 'a' });
    expect(store.items()).to.have.length(4);
  });
});
