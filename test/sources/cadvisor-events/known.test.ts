import { expect } from 'chai';
import type { CadvisorEvent } from '../../../src/records/cadvisor-event.ts';
import { alternating, knownEvents } from '../../../src/sources/cadvisor-events/known.ts';
import type { Known } from '../../../src/sources/cadvisor-events/known.ts';
import { recordedEvents } from './fixtures.ts';

const count = (events: readonly CadvisorEvent[], type: string): number =>
  events.filter((event) => event.type === type).length;
const noteAll = (known: Known, events: readonly CadvisorEvent[]): void => events.forEach(known.note);
/** As a new subscription does it: all that is kept is news but for what is known. */
const meet = (known: Known, kept: readonly CadvisorEvent[]): readonly CadvisorEvent[] => {
  known.meet(kept);
  const news = known.newsIn(kept, []);
  noteAll(known, news);
  return news;
};
/** A cAdvisor that knows nothing of before hears all. */
const having = (events: readonly CadvisorEvent[]): Known => {
  const known = knownEvents();
  expect(meet(known, events)).to.have.lengthOf(events.length);
  return known;
};
const againOf = (known: Known): Known => {
  const copy = knownEvents();
  copy.restore(JSON.parse(JSON.stringify(known.read())) as ReturnType<Known['read']>);
  return copy;
};
const at = (second: number): string => new Date(1_795_300_000_000 + second * 1000).toISOString();
const event = (type: string, cgroup: string, second: number, more: object = {}): CadvisorEvent => ({
  kind: 'cadvisor-event',
  host: 'h',
  ...{ type, cgroup, time: at(second), timestamp: at(second), receivedAt: at(second) },
  ...more,
});
const creation = (cgroup: string, second: number): CadvisorEvent =>
  event('containerCreation', cgroup, second);
const deletion = (cgroup: string, second: number): CadvisorEvent =>
  event('containerDeletion', cgroup, second);
const kill = (second: number, pid: number): CadvisorEvent =>
  event('oomKill', '/a', second, { pid, process: 'tail' });

describe('what a cAdvisor has told', () => {
  for (const version of ['0.33.1', '0.38.7', '0.60.5'])
    it(`by its stream is no news in its list (${version})`, () => {
      const streamed = recordedEvents(`stream-v${version}.raw.http`);
      const kept = recordedEvents(`poll-v${version}.json`);
      const web = '/docker/3ebee1eeb7e04a5ff32b5da83c53e6015b0c3ad13e5ed158a10cd5467b5d54c3';
      const starts = streamed.filter(({ cgroup, type }) => cgroup === web && type === 'containerCreation');
      expect(starts).to.have.lengthOf(3);
      expect(new Set(starts.map(({ timestamp }) => timestamp)).size).to.equal(1);
      const known = knownEvents();
      known.meet([]);
      for (const each of streamed) {
        expect(known.isNews(each)).to.equal(true);
        known.note(each);
      }
      expect(known.newsIn(kept, [])).to.deep.equal([]);
      expect(againOf(known).newsIn(kept, [])).to.deep.equal([]);
      const others = streamed.filter(({ type }) => type !== 'containerCreation');
      expect(others.filter(known.isNews)).to.deep.equal([]);
    });

  for (const version of ['0.33.1', '0.38.7', '0.60.5'])
    it(`and what it tells while asked are told once, whenever it is asked (${version})`, () => {
      const streamed = recordedEvents(`stream-v${version}.raw.http`);
      const kept = recordedEvents(`poll-v${version}.json`);
      // Noted before; missed; brought by the stream before the answer, and after it.
      for (let from = 0; from < streamed.length; from += 3)
        for (let until = from; until <= streamed.length; until += 3) {
          const known = knownEvents();
          noteAll(known, streamed.slice(0, from));
          known.meet(kept);
          const news = known.newsIn(kept, streamed.slice(until));
          for (const type of ['containerCreation', 'containerDeletion', 'oom', 'oomKill'])
            expect(count(news, type), `${type} missed ${from} to ${until}`).to.equal(
              count(streamed.slice(from, until), type),
            );
        }
    });

  for (const version of ['0.33.1', '0.60.5'])
    it(`is no news when it is restarted, but for what is (${version})`, () => {
      const before = recordedEvents(`restart-v${version}-before.json`);
      const after = recordedEvents(`restart-v${version}-after.json`);
      const known = having(before);
      // The kernel's ring does not tell OOMs with the times of before.
      const times = new Set(
        before.filter(({ type }) => type === 'oomKill').map(({ timestamp }) => timestamp),
      );
      expect(after.filter(({ timestamp }) => times.has(timestamp))).to.deep.equal([]);
      expect(count(after, 'oomKill')).to.be.above(3);
      expect(known.meet(after)).to.equal(false);
      const news = known.newsIn(after, []);
      expect(count(news, 'oom')).to.equal(0);
      expect(count(news, 'oomKill')).to.equal(0);
      const alive = new Set(before.map(({ cgroup }) => cgroup));
      for (const { cgroup } of news) expect(alive).to.not.include(cgroup);
      expect(count(news, 'containerDeletion')).to.equal(count(after, 'containerDeletion'));
      noteAll(known, news);
      expect(known.newsIn(after, [])).to.deep.equal([]);
      const later = againOf(known);
      expect(later.meet(after)).to.equal(true);
      expect(later.newsIn(after, [])).to.deep.equal([]);
    });

  it('is known as the same one by what it has kept', () => {
    const kept = recordedEvents('restart-v0.60.5-before.json');
    const known = having(kept);
    expect(againOf(known).meet(kept)).to.equal(true);
    expect(againOf(known).meet([])).to.equal(false);
  });

  it('of a storm of kills are as many as it told, also when it is restarted', () => {
    const storm = recordedEvents('oom-storm-v0.60.5-stream.ndjson').filter(({ type }) =>
      type.startsWith('oom'),
    );
    expect(storm).to.have.lengthOf(20);
    for (const shiftMs of [0, 780, -310]) {
      const shifted = storm.map((each) => {
        const time = new Date(Date.parse(each.time) + shiftMs).toISOString();
        return { ...each, time, timestamp: time };
      });
      const more = shifted
        .slice(0, 2)
        .map((each, i) => ({ ...each, timestamp: `${each.timestamp}${i}`, pid: 1 }));
      const known = having(storm);
      expect(meet(known, [...shifted, ...more.slice(1)])).to.have.lengthOf(1);
    }
  });

  it('of two kills of one process number within seconds is two in one life', () => {
    const known = having([kill(1, 7)]);
    expect(known.isNews(kill(2, 7))).to.equal(true);
  });

  it('of a start is news again after an end, and not before', () => {
    const known = having([creation('/a', 1)]);
    expect(known.isNews(creation('/a', 1))).to.equal(false);
    known.note(deletion('/a', 5));
    expect(known.isNews(creation('/a', 1))).to.equal(true);
  });

  it('of a container that may have ended while it was restarted is news when it starts', () => {
    const known = having([creation('/a', 1), deletion('/b', 1)]);
    expect(known.meet([])).to.equal(false);
    expect(known.newsIn([], [])).to.deep.equal([]);
    expect(known.isNews(creation('/a', 1))).to.equal(true);
  });

  it('is no news when it has forgotten a part of it', () => {
    const known = having([creation('/a', 1), creation('/b', 2), deletion('/a', 3), deletion('/b', 9)]);
    // Each type is forgotten by itself.
    expect(known.newsIn([creation('/a', 1), creation('/b', 2), deletion('/b', 9)], [])).to.deep.equal([]);
    expect(known.newsIn([deletion('/b', 9)], [])).to.deep.equal([]);
  });

  it('stays bounded, and what is forgotten is no news', () => {
    const all = Array.from({ length: 20_000 }, (_, i) => [
      creation(`/c${i}`, 10 * i),
      kill(10 * i + 4, i),
      deletion(`/c${i}`, 10 * i + 5),
    ]).flat();
    const known = having(all);
    expect(JSON.stringify(known.read()).length).to.be.below(400_000);
    expect(againOf(known).newsIn(all, [])).to.deep.equal([]);
    const missed = [creation('/new', 200_005), deletion('/new', 200_006)];
    expect(againOf(known).newsIn([...all, ...missed], [])).to.deep.equal(missed);
  });

  it('is put in the order in which it must have happened', () => {
    const [c, d1, d2] = [creation('/a', 1), deletion('/a', 5), deletion('/a', 7)];
    const never = (): boolean => false;
    expect(alternating([c, { ...c }, { ...c }, d1, d2], never)).to.deep.equal([c, d1, c, d2, c]);
    expect(alternating([c, d1], () => true)).to.deep.equal([d1, c]);
    expect(alternating([c, d1], never)).to.deep.equal([c, d1]);
  });
});
