import { expect } from 'chai';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import { knownContainers } from '../../../src/sources/docker-events/known-containers.ts';

const event = (action: string, attributes: Record<string, string> = {}, id = 'c'): DockerEvent => ({
  kind: 'docker-event',
  host: 'h',
  time: '',
  timeNano: '1',
  type: 'container',
  action,
  id,
  attributes: { image: 'bb:1', name: 'web', ...attributes },
  scope: 'local',
});

describe('knownContainers', () => {
  it('follow the events', () => {
    const known = knownContainers();
    const phase = (...actions: readonly string[]): unknown => {
      for (const action of actions) known.apply(event(action));
      return known.get('c')?.phase;
    };
    expect(phase('create')).to.equal('down');
    expect(phase('attach', 'start', 'exec_create', 'health_status: healthy')).to.equal('up');
    expect(phase('pause')).to.equal('paused');
    expect(phase('unpause')).to.equal('up');
    expect(phase('kill')).to.equal('up');
    expect(phase('die', 'stop')).to.equal('down');
    expect(phase('start', 'restart', 'rename')).to.equal('up');
    expect(phase('destroy')).to.equal(undefined);
    expect(phase('start', 'remove')).to.equal(undefined);
  });

  it('pass over what is of no container', () => {
    const known = knownContainers();
    known.apply({ ...event('create'), type: 'volume' });
    known.apply(event('toString'));
    expect([...known.entries()]).to.deep.equal([]);
  });

  it('know the newest name and nothing that belongs to one event', () => {
    const known = knownContainers();
    known.apply(event('start', { team: 'a' }));
    known.apply(event('rename', { name: 'other', oldName: '/web', team: 'a' }));
    expect(known.get('c')?.attributes).to.deep.equal({ image: 'bb:1', name: 'other', team: 'a' });
    known.apply(event('die', { exitCode: '3', execDuration: '7', name: 'other' }));
    expect(known.get('c')?.attributes).to.deep.equal({ image: 'bb:1', name: 'other' });
  });

  it('know whether a label hides exit codes, from events that have none', () => {
    const known = knownContainers();
    const shadows = (id: string): unknown => known.get(id)?.shadowsExitCode;
    known.apply(event('die', { exitCode: '3' }, 'a'));
    expect(shadows('a')).to.equal(undefined);
    known.apply(event('start', {}, 'b'));
    known.apply(event('die', { exitCode: '3' }, 'b'));
    expect(shadows('b')).to.equal(false);
    known.apply(event('create', { exitCode: 'label' }, 'c'));
    known.apply(event('die', { exitCode: 'label' }, 'c'));
    expect(shadows('c')).to.equal(true);
  });

  it('know up to when they are known', () => {
    const known = knownContainers();
    known.apply({ ...event('start'), timeNano: '7' });
    expect(known.get('c')?.sinceNano).to.equal('7');
    known.apply({ ...event('die'), timeNano: '9' });
    expect(known.get('c')?.sinceNano).to.equal('9');
  });

  it('are so many and no more: the first go first', () => {
    const known = knownContainers(2);
    for (const id of ['a', 'b', 'c']) known.apply(event('create', {}, id));
    expect([...known.entries()].map(([id]) => id)).to.deep.equal(['b', 'c']);
  });

  it('are kept for a later run, as the same value until something changes', () => {
    const known = knownContainers();
    known.apply(event('start', {}, 'a'));
    known.set('b', { phase: 'paused', attributes: { name: 'b' } });
    const kept = known.read();
    known.apply(event('exec_create', {}, 'a'));
    expect(known.read()).to.equal(kept);
    const later = knownContainers();
    later.restore(JSON.parse(JSON.stringify(kept)) as typeof kept);
    expect(later.read()).to.deep.equal(kept);
    expect(later.get('a')).to.deep.equal(known.get('a'));
    known.apply(event('die', {}, 'a'));
    expect(known.read()).to.not.deep.equal(kept);
  });

  it('are not restored from anything else', () => {
    for (const wrong of [null, {}, [7], [{ id: 'a' }], [{ id: 'a', phase: 'gone', attributes: {} }]])
      expect(() => knownContainers().restore(wrong)).to.throw(TypeError);
  });
});
