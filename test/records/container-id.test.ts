import { expect } from 'chai';
import { containerIdOf } from '../../src/records/container-id.ts';

const ID = '0123456789abcdef'.repeat(4);
const OTHER = 'fedcba9876543210'.repeat(4);

describe('containerIdOf', () => {
  for (const cgroup of [
    `/docker/${ID}`,
    `/system.slice/docker-${ID}.scope`,
    `/kubepods/burstable/pod8f1d1f0e-0d2c-4a5b-9a4e-0e8d8a6f6a11/${ID}`,
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8f1d.slice/cri-containerd-${ID}.scope`,
    `/my-parent/${ID}`,
    `/libpod_parent/libpod-${ID}`,
    `/machine.slice/libpod-${ID}.scope`,
    `/machine.slice/libpod-${ID}.scope/container`,
    `/docker/${ID}/init`,
    `/docker/${OTHER}/docker/${ID}`,
  ])
    it(`finds it in ${cgroup.replaceAll(ID, '<id>').replaceAll(OTHER, '<other>')}`, () => {
      expect(containerIdOf(cgroup)).to.equal(ID);
    });

  for (const cgroup of [
    '',
    '/',
    '/system.slice',
    `/system.slice/var-lib-docker-${ID}.mount`,
    '/docker',
    `/docker/${ID.slice(1)}`,
  ])
    it(`finds none in '${cgroup.replaceAll(ID, '<id>')}'`, () => {
      expect(containerIdOf(cgroup)).to.equal(undefined);
    });
});
