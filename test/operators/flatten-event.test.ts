import { expect } from 'chai';
import { of } from 'rxjs';
import { flattenEvent, type FlatEvent } from '../../src/operators/flatten-event.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { capturedLines } from '../captures.ts';
import { operatorContract } from '../contracts/operator-contract.ts';

const started: DockerEvent = {
  kind: 'docker-event',
  host: 'engine-1',
  time: '2026-11-22T00:00:00.123456789Z',
  timeNano: '1795305600123456789',
  type: 'container',
  action: 'start',
  id: 'c0ffee',
  attributes: { image: 'bb:1', name: 'web', tier: 'front' },
  scope: 'local',
};
const pulled: DockerEvent = {
  ...started,
  type: 'image',
  action: 'pull',
  id: 'bb:1',
  attributes: { name: 'bb' },
};
const connected: DockerEvent = {
  ...started,
  type: 'network',
  action: 'connect',
  id: 'a7b1',
  attributes: { container: 'c0ffee', name: 'none', type: 'null' },
};

const flatStarted: FlatEvent = {
  '@timestamp': '2026-11-22T00:00:00.123456789Z',
  event_status: 'start',
  event_id: 'c0ffee',
  event_from: 'bb:1',
  event_Type: 'container',
  event_Action: 'start',
  event_Actor: { ID: 'c0ffee', Attributes: { image: 'bb:1', name: 'web', tier: 'front' } },
  event_scope: 'local',
  event_timeNano: '1795305600123456789',
  host: 'engine-1',
  container: 'web',
  container_id: 'c0ffee',
  image: 'bb:1',
};
const flatPulled: FlatEvent = {
  '@timestamp': '2026-11-22T00:00:00.123456789Z',
  event_status: 'pull',
  event_id: 'bb:1',
  event_Type: 'image',
  event_Action: 'pull',
  event_Actor: { ID: 'bb:1', Attributes: { name: 'bb' } },
  event_scope: 'local',
  event_timeNano: '1795305600123456789',
  host: 'engine-1',
};
const flatConnected: FlatEvent = {
  '@timestamp': '2026-11-22T00:00:00.123456789Z',
  event_Type: 'network',
  event_Action: 'connect',
  event_Actor: { ID: 'a7b1', Attributes: { container: 'c0ffee', name: 'none', type: 'null' } },
  event_scope: 'local',
  event_timeNano: '1795305600123456789',
  host: 'engine-1',
};

operatorContract('flattenEvent', {
  make: flattenEvent,
  input: { a: started, b: pulled, c: connected },
  output: { a: flatStarted, b: flatPulled, c: flatConnected },
});

function flat(event: DockerEvent): FlatEvent {
  const emitted: FlatEvent[] = [];
  of(event)
    .pipe(flattenEvent())
    .subscribe((record) => emitted.push(record as FlatEvent));
  return emitted[0]!;
}

interface RawEvent {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: string;
  readonly HealthStatus?: string;
}

const LEGACY = ['status', 'id', 'from'];

describe('flattenEvent', () => {
  const parse = dockerEventParser({
    host: 'engine-1',
    simulated: false,
    labels: ['*'],
    execCommands: 'keep',
  });

  for (const [path, count] of [
    ['docker/events-scenario.docker-20.10-cgroupv1.ndjson', 163],
    ['docker/events-daemon-builder.docker-20.10-cgroupv1.ndjson', 2],
    ['docker-cgroupv2/events-scenario.docker-26.1-cgroupv2.ndjson', 103],
    ['docker-cgroupv2/events-scenario.docker-28.5-cgroupv2.ndjson', 110],
  ] as const) {
    it(`has every field Docker sent, under the name the ancestor gave it: ${path}`, () => {
      const lines = capturedLines(path);
      expect(lines).to.have.lengthOf(count);
      for (const line of lines) {
        const raw = JSON.parse(line) as RawEvent;
        const record = flat(parse(line));
        const { Attributes } = raw.Actor;
        expect(record).to.deep.include({
          ...(raw.status !== undefined && { event_status: raw.status }),
          ...(raw.id !== undefined && { event_id: raw.id }),
          ...(raw.from !== undefined && { event_from: raw.from }),
          event_Type: raw.Type,
          event_Action: raw.Action,
          event_scope: raw.scope,
          event_timeNano: /"timeNano":(\d+)/.exec(line)![1],
        });
        expect(record.event_Actor.ID).to.equal(raw.Actor.ID);
        if (raw.Type !== 'daemon') expect(record.event_Actor.Attributes).to.deep.equal(Attributes);
        const isOfOne = raw.Type === 'container' && raw.Actor.ID !== '';
        expect(record.container).to.equal(isOfOne ? Attributes['name'] : undefined);
        expect(record.image).to.equal(isOfOne ? raw.from : undefined);
      }
    });

    it(`says the same of an engine that no longer sends status, id and from: ${path}`, () => {
      for (const line of capturedLines(path)) {
        const fields = Object.entries(JSON.parse(line) as RawEvent);
        const modern = Object.fromEntries(fields.filter(([name]) => !LEGACY.includes(name)));
        const digits = /"timeNano":(\d+)/.exec(line)![1]!;
        const text = JSON.stringify(modern).replace(/"timeNano":\d+/, `"timeNano":${digits}`);
        expect(flat(parse(text))).to.deep.equal(flat(parse(line)));
      }
    });
  }

  for (const path of [
    'docker/events-scenario.podman-4.3.1-cgroupv1.ndjson',
    'docker-cgroupv2/events-scenario.podman-5.8-cgroupv2.ndjson',
  ]) {
    it(`takes the events of podman: ${path}`, () => {
      for (const line of capturedLines(path)) {
        const raw = JSON.parse(line) as RawEvent;
        const record = flat(parse(line));
        expect(record).to.include({ event_Type: raw.Type });
        expect(record.event_Action).to.satisfy((action: string) => action.startsWith(raw.Action));
        if (raw.Type !== 'container') continue;
        expect(record).to.include({ container_id: raw.Actor.ID, container: raw.Actor.Attributes['name'] });
      }
    });
  }

  it('gives a prune no container: it is of none', () => {
    const prune: DockerEvent = { ...started, action: 'prune', id: '', attributes: { reclaimed: '0' } };
    const record = flat(prune);
    expect(record).to.include({ event_status: 'prune', event_id: '' });
    expect(record).not.to.have.any.keys('container', 'container_id', 'image', 'event_from');
  });

  it('makes a gap flat', () => {
    const gap: Gap = {
      kind: 'gap',
      type: 'gap',
      host: 'engine-1',
      time: '2026-11-22T00:00:02.000000000Z',
      fromTime: '2026-11-22T00:00:00.000000000Z',
      toTime: '2026-11-22T00:00:01.000000000Z',
      reason: 'history-overrun',
      atLeast: 3,
    };
    const records: unknown[] = [];
    const container = { id: 'c0ffee', name: 'web' };
    of(gap, { ...gap, simulated: true as const }, { ...gap, container })
      .pipe(flattenEvent())
      .subscribe((record) => records.push(record));
    const flatGap = {
      '@timestamp': gap.time,
      type: 'gap',
      gap_fromTime: gap.fromTime,
      gap_toTime: gap.toTime,
      gap_reason: 'history-overrun',
      gap_atLeast: 3,
      host: 'engine-1',
    };
    expect(records).to.deep.equal([
      flatGap,
      { ...flatGap, simulated: true },
      { ...flatGap, container: 'web', container_id: 'c0ffee' },
    ]);
  });

  it('tells how a run ended as far as that is known, and what the engine did not say', () => {
    const exit = { code: 137, oomKilled: true, verified: true };
    expect(flat({ ...started, exit })).to.deep.equal({
      ...flatStarted,
      event_exit_code: 137,
      event_exit_oomKilled: true,
      event_exit_verified: true,
    });
    expect(flat({ ...started, exit: { verified: false }, synthetic: true })).to.deep.equal({
      ...flatStarted,
      synthetic: true,
      event_exit_verified: false,
    });
  });

  it('marks what a simulated engine says, and only that', () => {
    expect(flat({ ...started, simulated: true })).to.deep.equal({ ...flatStarted, simulated: true });
    expect(flat(started)).not.to.have.any.keys('simulated');
  });

  it('makes all records of one kind with the same fields in the same order', () => {
    const fields = new Set(
      capturedLines('docker-cgroupv2/events-scenario.docker-28.5-cgroupv2.ndjson')
        .map((line) => flat(parse(line)))
        .filter(({ container_id }) => container_id !== undefined)
        .map((record) => Object.keys(record).join()),
    );
    expect([...fields]).to.deep.equal([Object.keys(flatStarted).join()]);
  });
});
