import { expect } from 'chai';
import type { Json } from '../../../src/core/types.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import { eventsPlace } from '../../../src/sources/docker-events/place.ts';

const event = (timeNano: string, more: Partial<DockerEvent> = {}): DockerEvent => ({
  kind: 'docker-event',
  host: 'h',
  time: '',
  timeNano,
  type: 'container',
  action: 'start',
  id: 'c',
  attributes: { name: 'web' },
  scope: 'local',
  ...more,
});

describe('the place in the events', () => {
  const begun = (): ReturnType<typeof eventsPlace> =>
    Object.assign(eventsPlace(), { fromNano: '1795304600000000000', hasBegun: true, hasHistory: true });

  it('is nothing before the beginning', () => {
    expect(eventsPlace().cursor.read()).to.equal(undefined);
  });

  it('is read as it is restored, through a file', () => {
    const place = begun();
    place.lines.receive('a');
    place.pass(event('1795304601000000000'));
    place.lines.settle(1);
    place.ring.mark('b');
    place.hasLooked = true;
    place.untold.push({ record: event('1795304602000000000', { synthetic: true }), isTold: true });
    const kept = JSON.parse(JSON.stringify(place.cursor.read())) as Json;
    const later = eventsPlace();
    later.cursor.restore(kept);
    expect(later.cursor.read()).to.deep.equal(kept);
    expect(['a', 'b', 'c'].map(later.knows())).to.deep.equal([true, true, false]);
    expect(later).to.include({ lastNano: '1795304601000000000', hasBegun: true, hasLooked: true });
    expect(later.untold).to.deep.equal(place.untold);
    expect(later.containers.get('c')?.phase).to.equal('up');
  });

  it('moves with what is emitted, never with what is received', () => {
    const place = begun();
    place.lines.receive('a');
    const before = JSON.stringify(place.cursor.read());
    place.lines.receive('b');
    expect(JSON.stringify(place.cursor.read())).to.equal(before);
    place.lines.settle(1);
    expect(JSON.stringify(place.cursor.read())).to.not.equal(before);
  });

  it('is at the latest event the engine told, whatever was worked out', () => {
    const place = begun();
    for (const nano of ['1795304605000000000', '1795304603000000000']) place.pass(event(nano));
    place.pass(event('1795304609000000000', { synthetic: true }));
    expect(place.lastNano).to.equal('1795304605000000000');
  });

  it('counts on no audit before what it saw has been emitted', () => {
    const place = begun();
    place.lines.receive('die');
    place.ring.add(['old', 'die'], '1795304601000000000');
    expect(place.knows()('old')).to.equal(false);
    place.lines.settle(1);
    expect(place.knows()('old')).to.equal(true);
    place.lines.receive('next');
    place.ring.add(['older', 'next'], '1795304602000000000');
    place.cut();
    place.lines.receive('other');
    place.lines.settle(2);
    expect(place.knows()('older')).to.equal(false);
  });

  it('counts on audits alone once one has found a hole', () => {
    const place = begun();
    for (const line of ['audited', 'seen']) place.lines.receive(line);
    place.lines.settle(2);
    place.ring.add(['audited'], '1795304601000000000');
    place.isDoubted = true;
    expect(['audited', 'seen'].map(place.knows())).to.deep.equal([true, false]);
    const later = eventsPlace();
    later.cursor.restore(place.cursor.read()!);
    expect(['audited', 'seen'].map(later.knows())).to.deep.equal([true, false]);
  });

  it('stays some kilobytes, however much passes', () => {
    const place = begun();
    for (let i = 0; i < 10_000; i += 1) place.lines.receive(`line ${i} ${'x'.repeat(500)}`);
    place.lines.settle(10_000);
    place.ring.add(
      Array.from({ length: 256 }, (_, i) => `ring ${i}`),
      '1795304601000000000',
    );
    expect(JSON.stringify(place.cursor.read()).length).to.be.below(9_000);
  });

  it('is refused where it is none', () => {
    const kept = begun().cursor.read() as Readonly<Record<string, Json>>;
    const wrong: readonly Json[] = [
      null,
      7,
      [],
      {},
      { ...kept, from: 'now' },
      { ...kept, last: 5 },
      { ...kept, lines: null },
      { ...kept, ring: 1 },
      { ...kept, looked: 'yes' },
      { ...kept, containers: {} },
      { ...kept, containers: [7] },
      { ...kept, untold: [{}] },
    ];
    for (const each of wrong)
      expect(() => eventsPlace().cursor.restore(each), JSON.stringify(each)).to.throw();
  });
});
