import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { engineInfoIn } from '../../src/records/engine-info.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));

describe('engineInfoIn', () => {
  it('reads what Docker 20.10 on cgroup v1 says', () => {
    expect(engineInfoIn(read('docker/info.docker-20.10-cgroupv1.json'))).to.deep.equal({
      version: '20.10.24+dfsg1',
      kernel: '6.18.44-fc-v657',
      os: 'Debian GNU/Linux 12 (bookworm)',
      cgroupDriver: 'cgroupfs',
      cgroupVersion: 1,
      storageDriver: 'overlay2',
      cpus: 2,
      memoryBytes: 25_276_510_208,
      containers: { running: 12, paused: 0, stopped: 5 },
      images: 1,
    });
  });

  it('reads what Docker 28.5 on cgroup v2 says', () => {
    expect(engineInfoIn(read('docker-cgroupv2/info.docker-28.5-cgroupv2.json'))).to.include({
      version: '28.5.2+dfsg4',
      cgroupDriver: 'systemd',
      cgroupVersion: 2,
      memoryBytes: 3_121_176_576,
    });
  });

  it('reads what Podman says', () => {
    expect(engineInfoIn(read('docker/info.podman-4.3.1-cgroupv1.json'))).to.include({
      version: '4.3.1',
      cgroupDriver: 'cgroupfs',
      cgroupVersion: 1,
      storageDriver: 'vfs',
      cpus: 2,
    });
  });

  it('takes the version for 1 where an old engine names none', () => {
    expect(engineInfoIn({}).cgroupVersion).to.equal(1);
  });

  it('refuses what is no answer of an engine', () => {
    for (const answer of [null, [], 'OK']) expect(() => engineInfoIn(answer)).to.throw(TypeError);
  });
});
