import { expect } from 'chai';
import type { Json } from '../../../src/core/types.ts';
import type { Counted } from '../../../src/sinks/cadvisor-exposition/counted.ts';
import { eventCounts, type EventCounts } from '../../../src/sinks/cadvisor-exposition/event-counts.ts';
import { HEAD } from './golden.ts';

const NAME = 'cadvisor_container_events_total';

describe('the counts of events', () => {
  const of = (events: readonly Counted[], limits = { series: 100, processes: 10 }): EventCounts => {
    const counts = eventCounts(limits);
    for (const event of events) counts.add(event);
    return counts;
  };
  const created = (id: string): Counted => ({ type: 'containerCreation', id, process: '' });
  const deleted = (id: string): Counted => ({ type: 'containerDeletion', id, process: '' });
  const killed = (id: string, process: string): Counted => ({ type: 'oomKill', id, process });
  const lines = (counts: EventCounts): readonly string[] =>
    counts
      .text()
      .slice(HEAD.length)
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(NAME.length));

  it('tell what they are of before there are any', () => {
    expect(of([]).text()).to.equal(HEAD);
  });

  it('escape what has to be, and no more', () => {
    const text = of([killed('/a"b\\c\nd\te', 'é💥')]).text();
    expect(text).to.equal(
      `${HEAD}${NAME}{event_type="oomKill",id="/a\\"b\\\\c\\nd\te",oom_process="é💥"} 1\n`,
    );
  });

  it('make text that a reader can take of whatever a process calls itself', () => {
    expect(lines(of([killed('/', 'a\0b\uD800c')]))).to.deep.equal([
      '{event_type="oomKill",id="/",oom_process="a\uFFFDb\uFFFDc"} 1',
    ]);
  });

  it('are sorted by type, then id, then process, by bytes', () => {
    const processes = ['', 'a', 'ab', '\uFF5E', '💥'];
    const events = processes.flatMap((process) => [
      killed('/b', process),
      killed('/a', process),
      created('/z'),
    ]);
    const sorted = ['/a', '/b'].flatMap((id) =>
      processes.map((process) => `{event_type="oomKill",id="${id}",oom_process="${process}"} 1`),
    );
    for (const order of [events, [...events].reverse()])
      expect(lines(of(order))).to.deep.equal([
        `{event_type="containerCreation",id="/z",oom_process=""} ${processes.length}`,
        ...sorted,
      ]);
  });

  it('tell apart so many names of processes, and take further ones together', () => {
    const names = Array.from({ length: 50 }, (_, i) => `p${i}`);
    const counts = of([...names, ...names].map((name) => killed('/', name)));
    const text = lines(counts);
    expect(text).to.have.lengthOf(11);
    expect(text[0]).to.equal('{event_type="oomKill",id="/",oom_process="__other__"} 80');
    expect(text[1]).to.equal('{event_type="oomKill",id="/",oom_process="p0"} 2');
  });

  it('take values that no path and no name has for one', () => {
    expect(lines(of([created('/'.repeat(1025)), created('/'.repeat(1024))]))[1]).to.contain('"__other__"');
  });

  it('make room by the containers that went first', () => {
    const counts = of(
      ['/a', '/b', '/c'].flatMap((id) => [created(id), deleted(id)]),
      { series: 6, processes: 1 },
    );
    counts.add(created('/a'));
    counts.add(created('/d'));
    const left = lines(counts).join('\n');
    for (const id of ['/a', '/c', '/d']) expect(left).to.contain(`id="${id}"`);
    expect(left).to.not.contain('id="/b"');
    expect(left).to.contain('{event_type="containerCreation",id="/a",oom_process=""} 2');
  });

  it('take further cgroups together where nothing has gone, and never lose an event', () => {
    const counts = of(
      Array.from({ length: 10 }, (_, i) => created(`/${i}`)),
      { series: 3, processes: 1 },
    );
    expect(lines(counts)).to.deep.equal([
      ...[0, 1, 2].map((i) => `{event_type="containerCreation",id="/${i}",oom_process=""} 1`),
      '{event_type="containerCreation",id="__other__",oom_process=""} 7',
    ]);
    counts.add(deleted('/0'));
    expect(lines(counts)).to.include('{event_type="containerDeletion",id="__other__",oom_process=""} 1');
  });

  it('stay within their limit however many come and go', () => {
    const counts = eventCounts({ series: 1_000, processes: 1 });
    for (let i = 0; i < 20_000; i += 1) {
      counts.add(created(`/docker/${i}`));
      counts.add(deleted(`/docker/${i}`));
    }
    const left = lines(counts);
    expect(left).to.have.lengthOf.within(980, 1_000);
    expect(left.join()).to.contain('/docker/19999').and.not.contain('__other__');
  });

  it('go on from what was kept', () => {
    const first = of([created('/a'), deleted('/a'), killed('/', 'tail'), killed('/', 'tail')]);
    const second = eventCounts({ series: 3, processes: 1 });
    second.restore(JSON.parse(JSON.stringify(first.read())) as Json);
    expect(second.text()).to.equal(first.text());
    second.add(killed('/', 'tail'));
    second.add(killed('/', 'other'));
    expect(lines(second)).to.deep.equal([
      '{event_type="oomKill",id="/",oom_process="__other__"} 1',
      '{event_type="oomKill",id="/",oom_process="tail"} 3',
    ]);
  });
});
