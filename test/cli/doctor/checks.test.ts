import { expect } from 'chai';
import { diagnose } from '../../../src/cli/doctor-command.ts';
import type { Facts, Finding, MachineSeen, SocketSeen } from '../../../src/cli/doctor/facts.ts';
import { report } from '../../../src/cli/doctor/report.ts';
import type { Answered, EngineSeen, Question } from '../../../src/engine/examine.ts';

const answer = (body: unknown, more: Partial<Answered> = {}): Answered => ({
  status: 200,
  ms: 4,
  atMs: Date.parse('2026-01-01T00:00:00Z'),
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});
const ping = (server = 'Docker/28.5.2 (linux)'): Answered =>
  answer('OK', { headers: { server, 'api-version': '1.51' } });
const INFO = {
  SystemTime: '2026-01-01T00:00:00.1Z',
  CgroupVersion: '2',
  CgroupDriver: 'systemd',
  LoggingDriver: 'json-file',
  LiveRestoreEnabled: false,
};
const NO_CONTAINER = answer('', { status: 404, headers: { 'api-version': '1.51' } });
const ANSWERS: Readonly<Record<Question, Answered>> = {
  ping: ping(),
  version: answer({ Version: '28.5.2', ApiVersion: '1.51', MinAPIVersion: '1.24' }),
  info: answer(INFO),
  list: answer([]),
  events: answer(''),
  inspect: NO_CONTAINER,
  stats: NO_CONTAINER,
  logs: NO_CONTAINER,
};
const engine = (more: Partial<EngineSeen> = {}): EngineSeen => ({
  endpoint: { address: 'unix:///var/run/docker.sock', from: 'default socket' },
  otherSockets: [],
  answers: ANSWERS,
  ...more,
});
const answering = (answers: Partial<Record<Question, Answered>>): Partial<Facts> => ({
  engine: engine({ answers: { ...ANSWERS, ...answers } }),
});
const info = (more: object): Partial<Facts> => answering({ info: answer({ ...INFO, ...more }) });
const MACHINE: MachineSeen = {
  platform: 'linux',
  user: { name: 'ann', uid: 1000, groups: [1000] },
  inContainer: false,
  kernelLog: '',
  cgroups: { version: '2', dir: '/sys/fs/cgroup', error: '', isWhole: true },
  inotify: { watches: 65_536, instances: 128 },
  folders: [{ what: 'this folder', path: '/srv', error: '', freeBytes: 50 * 1024 ** 3 }],
  ports: { '127.0.0.1:9808': 'free' },
};
const machine = (more: Partial<MachineSeen>): Partial<Facts> => ({ machine: { ...MACHINE, ...more } });
const facts = (more: Partial<Facts> = {}): Facts => ({
  engine: engine(),
  machine: MACHINE,
  pipelines: [],
  ...more,
});
const findings = (more: Partial<Facts> = {}): readonly Finding[] =>
  diagnose(facts(more)).flatMap((section) => section.findings);
const find = (name: string, more: Partial<Facts> = {}): Finding | undefined =>
  findings(more).find((finding) => finding.name === name);

const SOCKET: SocketSeen = {
  ...{ path: '/var/run/docker.sock', uid: 0, gid: 999, mode: 0o660, isMount: false },
  group: { name: 'docker', members: [] },
};
const denied = (socket: Partial<SocketSeen>, more: Partial<MachineSeen> = {}): Finding | undefined =>
  find('answer', {
    engine: engine({ refusal: { message: 'cannot reach it', code: 'EACCES' }, answers: {} }),
    ...machine({ socket: { ...SOCKET, ...socket }, ...more }),
  });

describe('the checks of doctor', () => {
  it('find nothing wrong where nothing is', () => {
    expect(findings().filter(({ state }) => state !== 'ok')).to.deep.equal([]);
    expect(find('answer')?.found).to.equal('Docker 28.5.2, API 1.24 to 1.51; dockrx pins none and gets 1.51');
    expect(find('address')?.found).to.equal(
      'unix:///var/run/docker.sock, the first there is of the sockets looked for by default',
    );
  });

  it('say why it is this engine, and what else would be found', () => {
    const at = (address: string, from: string, tls = false) =>
      find('address', {
        engine: engine({ endpoint: { address, from, ...(tls && { tls: { verify: true } }) } }),
      });
    expect(at('ssh://ops@web', 'current context web')).to.include({
      state: 'ok',
      found: 'ssh://ops@web, of current context web',
    });
    expect(at('tcp://127.0.0.1:2375', 'DOCKER_HOST')).to.include({ state: 'ok' });
    expect(at('tcp://db:2376', 'DOCKER_HOST', true)).to.include({ state: 'ok' });
    expect(at('tcp://db:2375', 'DOCKER_HOST')).to.include({
      state: 'warn',
      fix: 'use TLS (port 2376) or ssh://',
    });
    const both = engine({ otherSockets: ['/run/podman/podman.sock'] });
    expect(find('address', { engine: both })?.found).to.match(/; also there: \/run\/podman\/podman\.sock$/);
  });

  it('tell how to be let in, as the socket and the user are', () => {
    expect(denied({})).to.include({
      state: 'fail',
      found: 'ann (uid 1000) may not read and write /var/run/docker.sock (uid 0, group docker, mode 660)',
      fix: 'usermod -aG docker ann, then log in again; that group is as good as root',
    });
    expect(denied({ group: { name: 'docker', members: ['ann'] } })?.fix).to.equal(
      'ann is in docker, but not yet where you are logged in: log in again, or newgrp docker',
    );
    expect(denied({}, { inContainer: true })?.fix).to.equal('start this container with --group-add 999');
    expect(denied({ mode: 0o600 })?.fix).to.match(/^run as its owner/);
    expect(denied({ gid: 0 })?.fix).to.match(/^run as its owner/);
  });

  it('tell of an engine that is away what is the matter and what to do', () => {
    const away = (message: string, code = '') =>
      find('answer', { engine: engine({ refusal: { message, code }, answers: {} }) });
    expect(
      away('cannot reach the engine at x (ENOENT): is the engine running? Start it', 'ENOENT'),
    ).to.include({
      found: 'cannot reach the engine at x (ENOENT)',
      fix: 'is the engine running? Start it',
    });
    expect(away('cannot reach the engine at x (it did not answer within 10 s)')?.fix).to.match(
      /^it is being started/,
    );
    expect(find('/events', { engine: engine({ answers: {} }) })).to.equal(undefined);
  });

  it('warn of a socket that is mounted as a file into a container', () => {
    const socket = { ...SOCKET, isMount: true };
    expect(find('mount', machine({ socket, inContainer: true }))).to.include({ state: 'warn' });
    expect(find('mount', machine({ socket }))).to.equal(undefined);
  });

  it('compare clocks, by the header where nothing better is told', () => {
    expect(find('clock', info({ SystemTime: '2026-01-01T00:00:12.5Z' }))).to.include({
      state: 'warn',
      fix: 'timedatectl set-ntp true, on both',
    });
    expect(find('clock', info({ SystemTime: '2025-12-31T23:59:50Z' }))?.found).to.match(
      /^10\.0 s behind this/,
    );
    const dated = answer('OK', { headers: { server: 'Docker', date: 'Thu, 01 Jan 2026 00:00:00 GMT' } });
    expect(find('clock', answering({ ping: dated, info: answer({}) }))?.found).to.equal(
      "0.5 s from this machine's",
    );
    expect(find('clock', answering({ info: answer({}) }))).to.equal(undefined);
  });

  it('tell of control groups, rootless engines, restarts, logs and what the engine warns of', () => {
    expect(find('cgroups', info({ CgroupDriver: 'none' }))).to.include({ state: 'warn' });
    expect(find('rootless')).to.equal(undefined);
    expect(find('rootless', info({ SecurityOptions: ['name=seccomp', 'name=rootless'] }))).to.include({
      state: 'ok',
    });
    expect(find('rootless', info({ Rootless: true }))).to.include({ state: 'ok' });
    expect(find('restarts', info({ LiveRestoreEnabled: true }))?.found).to.match(/^live-restore is on/);
    expect(find('logging', info({ LoggingDriver: 'none' }))).to.include({ state: 'warn' });
    const unread = answer({ message: 'configured logging driver does not support reading' }, { status: 501 });
    expect(find('logging', answering({ logs: unread }))?.found).to.match(
      /^a container's driver gives no lines/,
    );
    const warnings = ['WARNING: No swap limit support', 'WARNING: bridge-nf-call-iptables is disabled'];
    expect(find('warnings', info({ Warnings: warnings }))).to.deep.include({
      state: 'warn',
      found: 'the engine says: No swap limit support',
    });
  });

  it('know what Podman does not tell, by its age', () => {
    const podman = (version: string) =>
      find(
        'Podman',
        answering({ ping: ping('Libpod/x'), version: answer({ Version: version, ApiVersion: '1.41' }) }),
      );
    expect(podman('4.3.1')?.found).to.match(/log lines to the second$/);
    expect(podman('5.8.6')?.found).to.match(/a reading each 5 s$/);
    expect(find('Podman')).to.equal(undefined);
  });

  it('call an engine old that is older than any of the tests', () => {
    const old = answering({
      version: answer({ Version: '19.03.15', ApiVersion: '1.40', MinAPIVersion: '1.12' }),
    });
    expect(find('answer', old)).to.include({
      state: 'warn',
      fix: 'Docker 20.10 or newer, Podman 4.3 or newer',
    });
  });

  it("tell whether the kernel's files are there, and whose kernel it is", () => {
    expect(find('kernel log', machine({ kernelLog: 'EPERM' }))?.fix).to.match(
      /^run as root, or with CAP_SYSLOG/,
    );
    expect(find('kernel log', machine({ kernelLog: 'ENOENT', inContainer: true }))?.fix).to.equal(
      'start this container with --device /dev/kmsg --cap-add SYSLOG',
    );
    const far = { engine: engine({ endpoint: { address: 'ssh://db', from: 'DOCKER_HOST' } }) };
    for (const name of ['kernel log', 'cgroup files'])
      expect(find(name, far)?.found).to.match(/^the engine is at ssh:\/\/db: unless that is this machine, /);
    const groups = (more: Partial<MachineSeen['cgroups']>) =>
      find('cgroup files', machine({ cgroups: { ...MACHINE.cgroups, ...more } }));
    expect(groups({ version: 'none' })?.found).to.match(/^no control groups are mounted/);
    expect(groups({ error: 'EACCES' })?.found).to.match(/cannot be read \(EACCES\)/);
    expect(groups({ isWhole: false })?.fix).to.contain('--cgroupns host');
    expect(find('kernel log', machine({ platform: 'darwin' }))).to.equal(undefined);
  });

  it('count watches against containers, and room on the disk', () => {
    const crowd = { ...info({ Containers: 40_000 }) };
    expect(find('inotify', crowd)).to.include({
      state: 'warn',
      fix: 'sysctl fs.inotify.max_user_watches=160256 fs.inotify.max_user_instances=128',
    });
    const folder = (more: object) =>
      find('this folder', machine({ folders: [{ ...MACHINE.folders[0]!, ...more }] }));
    expect(folder({ freeBytes: 5 * 1024 ** 2 })).to.include({
      state: 'warn',
      found: '/srv can be written, 0.0 GiB are free',
    });
    expect(folder({ error: 'EROFS' })).to.include({
      state: 'fail',
      found: 'ann cannot write in /srv (EROFS)',
    });
    expect(find('ports', machine({ ports: {} }))).to.equal(undefined);
  });

  it('tell of a pipeline what it has, what it lacks, and what it may do without', () => {
    const seen = { name: 'p', sources: ['dockerEvents', 'kernelOom'], journals: ['j'], sinks: ['livePage'] };
    const judged = (more: Partial<Facts> = {}, pipeline: object = {}) =>
      find('p', { ...more, pipelines: [{ ...seen, ...pipeline }] });
    expect(judged()).to.deep.equal({
      name: 'p',
      state: 'ok',
      found:
        'has /events, /containers/json, /containers/{id}/json, the kernel log, a folder to write in, port 127.0.0.1:9808',
    });
    const refused = answer('Forbidden', { status: 403, headers: {} });
    expect(judged(answering({ events: refused, inspect: refused }))).to.include({
      state: 'fail',
      found:
        'lacks /events; goes without, where it may: /containers/{id}/json; ' +
        'has /containers/json, the kernel log, a folder to write in, port 127.0.0.1:9808',
    });
    expect(judged(machine({ kernelLog: 'EPERM' }))).to.include({ state: 'warn' });
    expect(
      judged({ engine: engine({ answers: {} }) }, { sources: ['mine'], sinks: ['mine'], journals: [] }),
    ).to.include({
      state: 'ok',
      found: 'reads mine: nothing that is looked at here',
    });
    expect(judged(answering({ events: answer('', { failure: 'the stream ended after 12 ms' }) }))).to.include(
      { state: 'fail' },
    );
  });
});

describe('the report of doctor', () => {
  const sections = [
    {
      title: 'Engine',
      findings: [
        { name: 'a', state: 'ok', found: 'one two three four five six seven' },
        { name: 'long name', state: 'fail', found: 'it is bad', fix: 'do this and then that, all of it' },
      ],
    },
    { title: 'Empty', findings: [] },
  ] as const;

  it('aligns, breaks lines, and says the sum in words', () => {
    expect(report(sections, { colour: false, columns: 51 })).to.equal(`Engine
  ✓ ok    a          one two three four five six
                     seven
  ✗ fail  long name  it is bad
                     → do this and then that, all
                       of it

1 red, 0 yellow
`);
  });

  it('is coloured only where it is asked to be', () => {
    const plain = report(sections, { colour: false, columns: Infinity });
    const coloured = report(sections, { colour: true, columns: Infinity });
    expect(coloured).to.contain('\u001b[31m✗ fail\u001b[39m').and.contain('\u001b[32m✓ ok  \u001b[39m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).to.equal(plain);
  });
});
