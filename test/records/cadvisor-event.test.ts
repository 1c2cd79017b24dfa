import { expect } from 'chai';
import { cadvisorEventParser } from '../../src/records/cadvisor-event.ts';
import { recordedEvents, recordedObjects } from '../sources/cadvisor-events/fixtures.ts';

const RECEIVED = '2026-11-22T00:10:00.000Z';
const parse = cadvisorEventParser('cadvisor:8080');
const event = (fields: object): object => ({
  container_name: '/docker',
  timestamp: '2026-11-22T00:06:25.7Z',
  event_type: 'oom',
  event_data: {},
  ...fields,
});

describe('the events of a cAdvisor', () => {
  it('become records with all they say', () => {
    const [creation, , oomKill] = recordedEvents('oom-storm-v0.60.5-stream.ndjson');
    const id = 'e6a605fb284b6e790c301341bf4625e0a8c54013aa7b5cf1a7b85738378de52f';
    expect(creation).to.include({ type: 'oom', containerId: id, cgroup: `/docker/${id}` });
    expect(oomKill).to.include({ kind: 'cadvisor-event', host: 'cadvisor:8080', receivedAt: RECEIVED });
    const [killed] = recordedEvents('oom-storm-v0.60.5-stream.ndjson').filter(
      ({ type }) => type === 'oomKill',
    );
    expect(killed).to.deep.equal({
      kind: 'cadvisor-event',
      host: 'cadvisor:8080',
      time: '2026-11-21T23:55:10.197293987Z',
      timestamp: '2026-11-21T23:55:10.197293987Z',
      receivedAt: RECEIVED,
      type: 'oomKill',
      cgroup: `/docker/${id}`,
      containerId: id,
      pid: 29662,
      process: 'tail',
      constraint: 'CONSTRAINT_MEMCG',
    });
  });

  it('of every version recorded are records', () => {
    for (const version of ['0.33.1', '0.38.7', '0.60.5']) {
      const events = recordedEvents(`poll-v${version}.json`);
      expect(events)
        .to.have.lengthOf(recordedObjects(`poll-v${version}.json`).length)
        .above(20);
      for (const { time, timestamp } of events) expect(Date.parse(time)).to.equal(Date.parse(timestamp));
    }
  });

  it('tell the exit code where cAdvisor has it', () => {
    const ends = (version: string): unknown[] =>
      recordedEvents(`poll-v${version}.json`)
        .filter(({ type }) => type === 'containerDeletion')
        .map(({ exitCode }) => exitCode);
    expect(new Set(ends('0.60.5'))).to.deep.equal(new Set([0, -1, 3, 137]));
    expect(new Set(ends('0.38.7'))).to.deep.equal(new Set([undefined]));
  });

  it('have one time zone and nine digits', () => {
    expect(recordedEvents('timezone-v0.60.5.json').map(({ time }) => time)).to.deep.equal([
      '2026-11-22T00:01:24.353635581Z',
      '2026-11-22T00:01:24.353635581Z',
      '2026-11-22T00:01:24.383498854Z',
    ]);
    expect(parse(event({}), RECEIVED).time).to.equal('2026-11-22T00:06:25.700000000Z');
  });

  it('of the year 1 have the time at which they were received', () => {
    const timestamp = '0001-01-01T00:00:00Z';
    const { time, ...others } = parse(event({ timestamp, event_type: 'containerCreation' }), RECEIVED);
    expect(time).to.equal(RECEIVED);
    expect(others).to.include({ timestamp, receivedAt: RECEIVED });
  });

  it('name the container where a parent had the limit, but not as the one with the limit', () => {
    const [, oom, oomKill] = recordedEvents('pod-limit-v0.60.5-stream.ndjson');
    expect(oom).to.include({ type: 'oom' }).and.have.property('containerId').that.has.lengthOf(64);
    expect(oomKill).to.include({ type: 'oomKill', cgroup: '/h1kube/podA', process: 'tail' });
    expect(oomKill).to.not.have.property('containerId');
  });

  it('of types that do not exist yet pass', () => {
    expect(parse(event({ event_type: 'containerPause', event_data: null }), RECEIVED).type).to.equal(
      'containerPause',
    );
  });

  it('are read as Go reads them: an absent field is empty, and names may be in any case', () => {
    expect(parse({}, RECEIVED)).to.include({ type: '', cgroup: '', timestamp: '', time: RECEIVED });
    const shouted = { CONTAINER_NAME: '/a', Event_Type: 'oom' };
    expect(parse(shouted, RECEIVED)).to.include({ type: 'oom', cgroup: '/a', time: RECEIVED });
  });

  it('do not tell an empty constraint', () => {
    const oom = { pid: 1, process_name: '', constraint: '' };
    const record = parse(event({ event_type: 'oomKill', event_data: { oom } }), RECEIVED);
    expect(record).to.include({ pid: 1, process: '' }).and.not.have.property('constraint');
  });

  for (const [what, value] of [
    ['null', null],
    ['a list', []],
    ['a text', 'unknown'],
    ['one whose type is a number', event({ event_type: 7 })],
  ] as const)
    it(`are not ${what}`, () => {
      expect(() => parse(value, RECEIVED)).to.throw(TypeError);
    });
});
