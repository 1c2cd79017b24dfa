import { expect } from 'chai';
import fc from 'fast-check';
import { filtersOfQuery, viewOf } from '../../src/feed/filters.ts';
import { matchesGlob } from '../../src/feed/glob.ts';
import { createPace } from '../../src/feed/pace.ts';
import { readId, showId } from '../../src/feed/position.ts';
import { sampleKey, subjectOf } from '../../src/feed/subject.ts';
import { globMatcher } from '../../src/records/globs.ts';
import { flattenEvent } from '../../src/operators/flatten-event.ts';
import { flattenStats } from '../../src/operators/flatten-stats.ts';
import { firstValueFrom, of } from 'rxjs';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';

const event: DockerEvent = {
  ...{
    kind: 'docker-event',
    host: 'h',
    time: '2026-11-27T00:00:00.000000000Z',
    timeNano: '1',
    scope: 'local',
  },
  ...{ type: 'container', action: 'die', id: 'abc' },
  attributes: { name: 'web', image: 'nginx', exitCode: '0', 'com.docker.compose.project': 'shop' },
};
const stats = {
  ...{ kind: 'container-stats', host: 'h', engine: 'docker', time: '2026-11-27T00:00:00Z' },
  container: { id: 'abc', name: 'web', image: 'nginx', imageId: 'sha', labels: { tier: 'front' } },
  stats: {
    ...{
      read: '2026-11-27T00:00:00Z',
      preread: '2026-11-27T00:00:00Z',
      pids_stats: {},
      blkio_stats: {},
      num_procs: 0,
    },
    ...{ storage_stats: {}, memory_stats: {} },
    cpu_stats: {
      cpu_usage: { total_usage: 1, usage_in_kernelmode: 0, usage_in_usermode: 0 },
      throttling_data: {},
    },
    precpu_stats: { cpu_usage: { total_usage: 0 }, throttling_data: {} },
  },
} as unknown as ContainerStats;

describe('the pieces of a feed', () => {
  it('globs match as the regular expressions of globs do', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 12 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (one, other) => {
        expect(matchesGlob(one, other)).to.equal(globMatcher([one])(other));
      }),
      { numRuns: 3_000 },
    );
  });

  it('ids are read as they are shown, of the same feed only', () => {
    for (const position of [
      { event: 0, sample: 0 },
      { event: 12, sample: 0 },
      { event: 12, sample: 3 },
    ]) {
      expect(readId('ab12', showId('ab12', position))).to.deep.equal(position);
      expect(readId('ab13', showId('ab12', position))).to.equal(undefined);
    }
    for (const id of [
      '',
      'ab12',
      'ab12-',
      'ab12-x',
      'ab12--1',
      'ab12-1.',
      'ab12-1.2.3',
      'ab12-9999999999999999',
    ])
      expect(readId('ab12', id), id).to.equal(undefined);
  });

  it('filters see the same in flat records and in those they were made of', async () => {
    const flatEvent = await firstValueFrom(of(event).pipe(flattenEvent()));
    const flatStats = await firstValueFrom(of(stats).pipe(flattenStats()));
    expect(subjectOf(event)).to.deep.include({ type: 'container', action: 'die', image: 'nginx' });
    expect(subjectOf(flatEvent)).to.deep.include({ type: 'container', action: 'die', image: 'nginx' });
    for (const record of [event, flatEvent, stats, flatStats]) {
      expect(subjectOf(record).containers).to.include.members(['web', 'abc']);
      expect(subjectOf(record).image).to.equal('nginx');
    }
    expect(subjectOf(stats).labels).to.deep.equal({ tier: 'front' });
    expect(subjectOf(flatStats).labels).to.deep.equal({ tier: 'front' });
    expect(subjectOf(event).labels).to.include({ 'com.docker.compose.project': 'shop' });
  });

  it('knows samples from events', async () => {
    const flatStats = await firstValueFrom(of(stats).pipe(flattenStats()));
    expect([stats, flatStats].map(sampleKey)).to.deep.equal(['h/abc', 'h/abc']);
    const flatEvent = await firstValueFrom(of(event).pipe(flattenEvent()));
    for (const record of [event, flatEvent, { kind: 'gap' }, 'text', null, 7])
      expect(sampleKey(record)).to.equal(undefined);
  });

  it('filters match nothing where a record does not say, and everything where they do not ask', () => {
    const view = (query: string) => viewOf(filtersOfQuery(new URLSearchParams(query)));
    for (const record of ['text', null, 7, [], {}]) {
      expect(view('').matches(record)).to.equal(true);
      expect(view('action=*').matches(record)).to.equal(false);
    }
    expect(view('type=container,image&after=x&token=y').matches(event)).to.equal(true);
    expect(view('type=image&type=network').matches(event)).to.equal(false);
    expect(view('label=com.docker.compose.*').matches(event)).to.equal(true);
    expect(view('').isWhole).to.equal(true);
    expect(view('type=&action=').isWhole).to.equal(true);
  });

  it('fields never touch the record, nor a prototype', () => {
    const pick = (query: string, record: unknown): unknown =>
      viewOf(filtersOfQuery(new URLSearchParams(query))).pick(record);
    const frozen = Object.freeze({ a: Object.freeze({ b: 1, c: 2 }), d: null });
    expect(pick('fields=a,a.b,d.e,x', frozen)).to.deep.equal({ a: { b: 1, c: 2 } });
    expect(pick('fields=a.c,d', frozen)).to.deep.equal({ a: { c: 2 }, d: null });
    expect(
      JSON.stringify(pick('fields=__proto__.x,constructor', JSON.parse('{"__proto__":{"x":1}}'))),
    ).to.equal('{"__proto__":{"x":1}}');
    expect(({} as { x?: unknown }).x).to.equal(undefined);
  });

  describe('a pace', () => {
    const paced = (messages: number) => {
      let nowMs = 0;
      const sent: number[] = [];
      const pace = createPace(
        () => {
          sent.push(nowMs);
          return messages;
        },
        () => nowMs,
      );
      return { pace, sent, wait: (ms: number) => (nowMs += ms) };
    };

    it('sends at once while there was time for the last messages', () => {
      const { pace, sent, wait } = paced(10);
      pace.ask();
      wait(0.5);
      pace.ask();
      wait(0.5);
      pace.ask();
      expect(sent).to.deep.equal([0, 0.5, 1]);
    });

    it('gathers otherwise, and sends once', async () => {
      const { pace, sent, wait } = paced(100);
      pace.ask();
      wait(1);
      for (let i = 0; i < 5; i += 1) pace.ask();
      expect(sent).to.deep.equal([0]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(sent).to.deep.equal([0, 1]);
    });

    it('sends nothing once stopped', async () => {
      const { pace, sent } = paced(100);
      pace.ask();
      pace.ask();
      pace.stop();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(sent).to.deep.equal([0]);
    });
  });
});
