import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { cgroupPathOf } from '../../src/records/cgroup-path.ts';

const FIXTURES = new URL('../fixtures/docker-cgroupv2/', import.meta.url);

describe('cgroupPathOf', () => {
  for (const file of readdirSync(FIXTURES).filter((name) => name.startsWith('cgroup-mem-limit.')))
    it(`is what the kernel has (${file})`, () => {
      const text = readFileSync(new URL(file, FIXTURES), 'utf8');
      const path = /^# cgroup directory below the cgroup2 mount: (.*)$/m.exec(text)![1]!;
      const driver = file.includes('cgroupfs') ? 'cgroupfs' : 'systemd';
      const [id] = /[0-9a-f]{64}/.exec(path)!;
      expect(cgroupPathOf(id, '', { flavour: 'docker', driver })).to.equal(path);
    });

  const cases: readonly (readonly ['docker' | 'podman', string, string, string])[] = [
    ['docker', 'cgroupfs', '', '/docker/c0de'],
    ['docker', 'cgroupfs', '/jobs', '/jobs/c0de'],
    ['docker', 'cgroupfs', 'jobs/nightly/', '/jobs/nightly/c0de'],
    ['docker', 'cgroupfs', '/', '/c0de'],
    ['docker', 'systemd', '', '/system.slice/docker-c0de.scope'],
    ['docker', 'systemd', 'jobs.slice', '/jobs.slice/docker-c0de.scope'],
    ['docker', 'systemd', 'jobs-nightly.slice', '/jobs.slice/jobs-nightly.slice/docker-c0de.scope'],
    ['docker', 'systemd', '-.slice', '/docker-c0de.scope'],
    ['docker', '', '', '/docker/c0de'],
    ['podman', 'systemd', '', '/machine.slice/libpod-c0de.scope'],
    ['podman', 'cgroupfs', '', '/libpod_parent/libpod-c0de'],
  ];
  for (const [flavour, driver, parent, path] of cases)
    it(`is ${path} for ${flavour}, driver '${driver}', parent '${parent}'`, () => {
      expect(cgroupPathOf('c0de', parent, { flavour, driver })).to.equal(path);
    });
});
