import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { isUp, type ContainerFacts } from '../../src/records/container-facts.ts';
import { inspectedIn } from '../../src/records/parse-container-facts.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const recorded = ['docker', 'docker-cgroupv2'].flatMap((folder) =>
  readdirSync(new URL(folder, FIXTURES))
    .filter((name) => name.startsWith('inspect-'))
    .map((name) => `${folder}/${name}`),
);

interface Raw {
  readonly Id: string;
  readonly Created: string;
  readonly Name: string;
  readonly Image: string;
  readonly State: Readonly<Record<string, unknown>> & { readonly Health?: { readonly Status: string } };
  readonly HostConfig: Readonly<Record<string, number | null>>;
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> };
}

const read = (name: string): Raw =>
  [JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'))].flat()[0] as Raw;

/** An answer with other words in some of its parts. */
function inspected(state: object = {}, host: object = {}, more: object = {}): ReturnType<typeof inspectedIn> {
  const raw = read('docker/inspect-mem.docker-20.10-cgroupv1.json');
  return inspectedIn({
    ...raw,
    State: { ...raw.State, ...state },
    HostConfig: { ...raw.HostConfig, ...host },
    ...more,
  });
}

describe('inspectedIn', () => {
  for (const name of recorded)
    it(`reads ${name}`, () => {
      const raw = read(name);
      const { State: state, HostConfig: host } = raw;
      const facts = inspectedIn(raw);
      expect(facts.container).to.deep.equal({
        id: raw.Id,
        name: raw.Name.slice(1),
        image: raw.Config.Image,
        imageId: raw.Image,
        labels: raw.Config.Labels,
      });
      expect(facts.state).to.equal(state['Status']);
      expect(facts.health).to.equal(state.Health?.Status || 'none');
      expect(facts.createdAt).to.equal(raw.Created);
      for (const [mine, theirs] of [
        ['startedAt', 'StartedAt'],
        ['finishedAt', 'FinishedAt'],
      ] as const)
        expect(facts[mine] ?? '0001-01-01T00:00:00Z').to.equal(state[theirs]);
      expect(facts.exitCode).to.equal(state['Status'] === 'exited' ? state['ExitCode'] : undefined);
      expect(facts.oomKilled).to.equal(state['OOMKilled']);
      expect(facts.limits).to.deep.equal({
        cpuPeriod: 100_000,
        cpuQuota: host['NanoCpus']! / 10_000,
        cpuShares: host['CpuShares'] || 1024,
        memory: host['Memory'],
        memoryReservation: host['MemoryReservation'],
        memorySwap: Math.max(0, host['MemorySwap']!),
        pids: Math.max(0, host['PidsLimit'] ?? 0),
      });
      expect(facts).to.not.have.property('writtenBytes');
    });

  it('takes -1, null and nothing for no limit', () => {
    const none = { Memory: -1, MemorySwap: -1, CpuQuota: -1, PidsLimit: null, NanoCpus: undefined };
    expect(inspected({}, none).limits).to.deep.equal({
      cpuPeriod: 100_000,
      cpuQuota: 0,
      cpuShares: 1024,
      memory: 0,
      memoryReservation: 0,
      memorySwap: 0,
      pids: 0,
    });
  });

  it('keeps a quota that was given as such', () => {
    const { limits } = inspected({}, { NanoCpus: 0, CpuPeriod: 50_000, CpuQuota: 20_000, CpuShares: 512 });
    expect(limits).to.include({ cpuPeriod: 50_000, cpuQuota: 20_000, cpuShares: 512 });
  });

  it("knows Podman's words for what Docker calls otherwise", () => {
    const never = { Running: false, StartedAt: '0001-01-01T00:00:00Z' };
    expect(inspected({ Status: 'configured', ...never }).state).to.equal('created');
    expect(inspected({ Status: 'stopping', Running: true }).state).to.equal('running');
    expect(inspected({ Status: 'stopped', Running: false }).state).to.equal('exited');
  });

  it('tells the exit code of a container that waits for its restart', () => {
    expect(inspected({ Status: 'restarting', Running: true, ExitCode: 3 })).to.include({
      state: 'restarting',
      exitCode: 3,
    });
  });

  it('never leaves the image empty', () => {
    expect(inspected({}, {}, { Config: { Image: '', Labels: null } }).container).to.include({
      image: 'sha256:a34e3a53ab17af329d7f28ab04fb7f5e83a4f7d2a12eae0a0d05cb70fd21bc68',
    });
  });

  it('tells what was written where it was asked for', () => {
    expect(inspected({}, {}, { SizeRw: 4096 }).writtenBytes).to.equal(4096);
  });

  it('refuses what is no container', () => {
    for (const answer of [null, [], 'x', {}, { State: {} }, { State: {}, Config: {}, HostConfig: {} }])
      expect(() => inspectedIn(answer)).to.throw(TypeError);
  });

  it('says what runs', () => {
    const states = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead', 'removed'];
    const up = states.filter((state) => isUp({ state } as ContainerFacts));
    expect(up).to.deep.equal(['running', 'paused']);
  });
});
