import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/program.ts';
import { engineKinds } from '../harness/kinds.ts';
import { needs } from '../harness/needs.ts';
import { nodeImageArchive, nodeImageEnvironment } from '../harness/node-image.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import type { Flat } from './main-job.ts';

const MB = 1_000_000;
const GROUP = 4242;
/** What no build needs, and much of it: the rest is for .dockerignore. */
const LEFT_OUT = ['./node_modules', './.git', './.cache', './data', './dist', './docs', './test/fixtures'];

/** The flags of `docker run` that say what the compose file says of a service's rights. */
function composeFlags(): readonly string[] {
  const text = readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8');
  const valueOf = (key: string): string => new RegExp(`^    ${key}: (.*)$`, 'm').exec(text)![1]!;
  const listOf = (key: string): readonly string[] =>
    valueOf(key)
      .replaceAll(/[[\]' ]/g, '')
      .split(',');
  expect(valueOf('read_only')).to.equal('true');
  return [
    '--read-only',
    ...['--tmpfs', valueOf('tmpfs'), '--network', valueOf('network_mode'), '--memory', valueOf('mem_limit')],
    ...listOf('cap_drop').flatMap((name) => ['--cap-drop', name]),
    ...listOf('cap_add').flatMap((name) => ['--cap-add', name]),
    ...listOf('security_opt').flatMap((name) => ['--security-opt', name]),
  ];
}

for (const kind of engineKinds().filter((each) => each === 'docker-28.5'))
  describe(`the image, built and run by a real engine (${kind})`, function () {
    this.timeout(600_000);
    needs('binutils');
    const engine = useEngine(kind);
    const fileOf = (name: string): string => join(engine().dir, name);

    before('builds it of this machine’s Node', async function () {
      this.timeout(900_000);
      const archive = await nodeImageArchive(engine().dir, ROOT);
      const changes = nodeImageEnvironment().flatMap((each) => ['--change', `ENV ${each}`]);
      await engine().docker('import', ...changes, archive, 'node:local');
      const context = fileOf('context.tar');
      execFileSync('tar', [
        '-C',
        ROOT,
        ...LEFT_OUT.flatMap((each) => ['--exclude', each]),
        '-cf',
        context,
        '.',
      ]);
      const build = new URLSearchParams({
        t: 'dockrx',
        buildargs: JSON.stringify({ NODE_IMAGE: 'node:local' }),
        networkmode: 'none',
      });
      const told = String(await engine().api('POST', `/build?${build.toString()}`, readFileSync(context)));
      if (!told.includes('Successfully built')) throw new Error(`it cannot be built:\n${told.slice(-4000)}`);
    });
    afterEach(() => engine().removeAll());

    const inspect = async (name: string): Promise<Inspected> =>
      (await engine().api('GET', `/containers/${name}/json`)) as Inspected;
    interface Inspected {
      readonly State: {
        readonly Pid: number;
        readonly ExitCode: number;
        readonly Health: { readonly Status: string; readonly Log: readonly { readonly Output: string }[] };
      };
    }
    /** What the process may do, as the kernel has it: `Uid`, `Groups`, `CapEff`. */
    const rights = async (name: string): Promise<Readonly<Record<string, string>>> => {
      const { Pid } = (await inspect(name)).State;
      const status = await engine().inside('cat', `/proc/${Pid}/status`);
      return Object.fromEntries(status.split('\n').map((line) => line.split(/:\s*/) as [string, string]));
    };
    const linesIn = (folder: string): readonly Flat[] =>
      readdirSync(folder)
        .filter((name) => name.startsWith('containers.log'))
        .sort((a, b) => Number(a === 'containers.log') - Number(b === 'containers.log') || (a < b ? -1 : 1))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
        .map((line) => JSON.parse(line) as Flat);
    /** The socket as a distribution makes it: for root and a group. */
    const giveSocketTo = (group: number, mode: number): void => {
      chownSync(engine().socketPath, 0, group);
      chmodSync(engine().socketPath, mode);
    };
    const freshFolder = (name: string): string => {
      mkdirSync(fileOf(`events-${name}`));
      return fileOf(`events-${name}`);
    };
    /** The command line of mesoscloud/events, the socket read-only, and what a test must know sooner. */
    const start = async (folder: string, ...flags: readonly string[]): Promise<void> => {
      const socket = `${engine().socketPath}:/var/run/docker.sock:ro`;
      const volumes = ['-v', socket, '-v', `${folder}:/srv/events`];
      const names = ['--name=events', '--restart=always', '--health-interval=1s'];
      await engine().docker('run', '-d', ...volumes, ...names, ...flags, 'dockrx');
    };
    const isHealthy = async (): Promise<boolean> =>
      (await inspect('events')).State.Health.Status === 'healthy';

    it('has less than 150 MB', async () => {
      const { Size } = (await engine().api('GET', '/images/dockrx/json')) as { readonly Size: number };
      console.log(`          ${(Size / MB).toFixed(1)} MB`);
      expect(Size)
        .to.be.above(50 * MB)
        .and.below(150 * MB);
    });

    it('is the command', async () => {
      expect(await engine().docker('run', '--rm', '--network=none', 'dockrx', 'list')).to.match(/ndjsonFile/);
    });

    it('is in place of mesoscloud/events, by its command line, as an ordinary user', async () => {
      giveSocketTo(GROUP, 0o660);
      const folder = freshFolder('in-place');
      writeFileSync(join(folder, 'containers.log'), '{"by":"the ancestor"}\n');
      writeFileSync(join(folder, 'containers.log-20150901061717'), '{"by":"the ancestor, long ago"}\n');
      writeFileSync(join(folder, 'other'), 'of somebody else');
      await start(folder);
      await becomes(isHealthy);
      const { Uid, Gid, Groups, CapEff } = await rights('events');
      expect([Uid, Gid, Groups!.trim(), CapEff]).to.deep.equal([
        '1000\t1000\t1000\t1000',
        '1000\t1000\t1000\t1000',
        String(GROUP),
        '0000000000000000',
      ]);
      const shell = [engine().image, 'sh', '-c', 'echo hello; sleep 1000'];
      await engine().docker('run', '-d', '--name=web', ...shell);
      await engine().docker('run', '-d', '--name=tty', '--tty', ...shell);
      for (const container of ['/web', '/tty'])
        await becomes(() => {
          const lines = linesIn(folder).filter((line) => line['container'] === container);
          const has = (key: string, value: unknown): boolean => lines.some((line) => line[key] === value);
          return (
            has('event_status', 'start') &&
            lines.some((line) => 'cpu_total_usage' in line) &&
            has('log', 'hello\n')
          );
        });
      expect(linesIn(folder)[0]).to.deep.equal({ by: 'the ancestor' });
      await becomes(() => !existsSync(join(folder, 'containers.log-20150901061717')));
      expect(statSync(join(folder, 'containers.log')).uid).to.equal(1000);
      expect(statSync(join(folder, 'other')).uid).to.equal(0);

      await engine().docker('stop', 'events');
      expect((await inspect('events')).State.ExitCode).to.equal(0);
      await engine().docker('volume', 'create', 'meanwhile');
      await engine().docker('start', 'events');
      const isMeanwhile = (line: Flat): boolean =>
        JSON.stringify(line['event_Actor'] ?? '').includes('"meanwhile"');
      await becomes(() => linesIn(folder).some(isMeanwhile));
      await becomes(isHealthy);
      expect(linesIn(folder).filter(isMeanwhile)).to.have.lengthOf(1);
      expect(linesIn(folder).filter(({ type }) => type === 'gap')).to.deep.equal([]);
    });

    it('needs no more than the compose file gives it', async () => {
      giveSocketTo(GROUP, 0o660);
      const folder = freshFolder('composed');
      await start(folder, ...composeFlags());
      await becomes(isHealthy);
      expect((await rights('events'))['Uid']).to.equal('1000\t1000\t1000\t1000');
    });

    it('is whom it is told to be', async () => {
      giveSocketTo(GROUP, 0o660);
      const folder = freshFolder('told');
      chownSync(folder, 4000, GROUP);
      await start(folder, '--user', `4000:${GROUP}`, '--cap-drop', 'ALL');
      await becomes(isHealthy);
      expect((await rights('events'))['Uid']).to.equal('4000\t4000\t4000\t4000');
    });

    it('stays root where the socket is for root only, and says so', async () => {
      giveSocketTo(0, 0o600);
      await start(freshFolder('root'));
      await becomes(isHealthy);
      expect((await rights('events'))['Uid']).to.equal('0\t0\t0\t0');
      const told = String(await engine().api('GET', '/containers/events/logs?stderr=1'));
      expect(told).to.include('runs as root: no group may read /var/run/docker.sock');
    });

    it('is not healthy without its engine, and says why', async () => {
      giveSocketTo(GROUP, 0o660);
      await start(
        freshFolder('without'),
        '-e',
        'DOCKER_HOST=unix:///var/run/other.sock',
        '--health-retries=1',
        '--health-start-period=1ms',
      );
      await becomes(async () => {
        const { Status, Log } = (await inspect('events')).State.Health;
        return Status === 'unhealthy' && Log.at(-1)!.Output.includes('dockerEvents is not connected');
      });
    });
  });
