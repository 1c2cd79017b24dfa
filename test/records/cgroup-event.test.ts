import { expect } from 'chai';
import { isContainerCgroup, oomKillsIn } from '../../src/records/cgroup-event.ts';
import { capturedLines } from '../captures.ts';

const ID = '0123456789abcdef'.repeat(4);
const OTHER = 'fedcba9876543210'.repeat(4);

describe('isContainerCgroup', () => {
  for (const cgroup of [
    `/docker/${ID}`,
    `/system.slice/docker-${ID}.scope`,
    `/machine.slice/libpod-${ID}.scope`,
    `/docker/${OTHER}/docker/${ID}`,
  ])
    it(`takes ${cgroup} for a container's own`, () => expect(isContainerCgroup(cgroup)).to.equal(true));

  for (const cgroup of [
    '/',
    '/docker',
    `/docker/${ID}/init`,
    `/machine.slice/libpod-${ID}.scope/container`,
    `/machine.slice/libpod-conmon-${ID}.scope`,
    `/machine.slice/crio-conmon-${ID}.scope`,
    `/system.slice/var-lib-docker-${ID}.mount`,
  ])
    it(`does not take ${cgroup} for one`, () => expect(isContainerCgroup(cgroup)).to.equal(false));
});

describe('oomKillsIn', () => {
  /** The files as recorded, each behind a line that names it. */
  const recorded = (name: string, file: string): readonly string[] =>
    capturedLines(`docker-cgroupv2/${name}`)
      .join('\n')
      .split(/^(?=== |#### )/m)
      .filter((part) => part.startsWith(`== ${file} ==`));

  it('counts what the kernel counted', () => {
    const container = 'container memory.events';
    expect(recorded('cgroup-oom-child.docker-28.5-cgroupv2.txt', container).map(oomKillsIn)).to.deep.equal([
      1, 3,
    ]);
    expect(recorded('cgroup-oom-burst.docker-28.5-cgroupv2.txt', container).map(oomKillsIn)).to.deep.equal([
      4,
    ]);
    const slice = 'system.slice/memory.events';
    expect(recorded('cgroup-oom-burst.docker-28.5-cgroupv2.txt', slice).map(oomKillsIn)).to.deep.equal([
      6, 10, 10,
    ]);
  });

  it('reads v1 the same way, and says nothing where a kernel before 4.13 does not count', () => {
    expect(oomKillsIn('oom_kill_disable 0\nunder_oom 0\noom_kill 7\n')).to.equal(7);
    expect(oomKillsIn('oom_kill_disable 0\nunder_oom 0\n')).to.equal(undefined);
    expect(oomKillsIn('')).to.equal(undefined);
  });
});
