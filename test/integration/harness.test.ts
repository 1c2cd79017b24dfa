import { expect } from 'chai';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cgroupDirs, cgroupsOf } from '../harness/cleanup.ts';
import { type TestEngine, startEngine } from '../harness/engines.ts';
import { type EngineKind, engineKinds, factsOf } from '../harness/kinds.ts';
import { needs } from '../harness/needs.ts';
import { useEngine } from '../harness/use-engine.ts';

const PROGRAM = fileURLToPath(new URL('../harness/hold-engine.ts', import.meta.url));

interface Inspected {
  readonly Id: string;
  readonly State: { readonly Running: boolean; readonly ExitCode: number; readonly OOMKilled: boolean };
}

interface Stats {
  readonly networks: Readonly<Record<string, { readonly rx_bytes: number }>>;
  readonly memory_stats: { readonly usage: number };
}

for (const kind of engineKinds()) {
  describe(`the test engine ${kind}`, function () {
    this.timeout(120_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    afterEach(() => engine().removeAll());

    it('answers with the version it is named after', async () => {
      expect(await engine().api('GET', '/_ping')).to.equal('OK');
      const version = (await engine().api('GET', '/version')) as { Version: string };
      expect(version.Version.startsWith(factsOf(kind).version), version.Version).to.equal(true);
    });

    it('starts without containers and with one image', async () => {
      expect(await engine().api('GET', '/containers/json?all=1')).to.deep.equal([]);
      const images = (await engine().api('GET', '/images/json')) as { RepoTags: string[] }[];
      expect(images).to.have.lengthOf(1);
      expect(images[0]!.RepoTags[0]!.endsWith(engine().image)).to.equal(true);
    });

    it('gives a container an address in each of its networks', async () => {
      await engine().docker('network', 'create', 'second');
      await engine().docker('run', '--detach', '--name', 'web', engine().image);
      await engine().docker('network', 'connect', 'second', 'web');
      const addresses = await engine().docker('exec', 'web', 'ip', '-o', '-4', 'addr');
      expect(addresses)
        .to.match(/\beth0 +inet \d/)
        .and.match(/\beth1 +inet \d/);
      await engine().removeAll();
      await engine().docker('network', 'rm', 'second');
    });

    it('reports stats at once when asked for one shot', async () => {
      await engine().docker('run', '--detach', '--name', 'web', engine().image);
      const stats = (await engine().api('GET', '/containers/web/stats?stream=false&one-shot=true')) as Stats;
      expect(stats.memory_stats.usage).to.be.greaterThan(0);
      expect(Object.keys(stats.networks)).to.deep.equal([isPodman ? 'network' : 'eth0']);
    });

    it('kills a container that outgrows its memory limit', async () => {
      // Engines learn of the kill beside the exit: of one in a dozen they never say that it was for memory.
      const told: boolean[] = [];
      for (let kill = 1; kill <= 6 && !told.includes(true); kill += 1) {
        const name = `greedy-${kill}`;
        const limits = ['--detach', '--name', name, '--memory', '20m'];
        await engine().docker('run', ...limits, engine().image, 'tail', '/dev/zero');
        await engine().api('POST', `/containers/${name}/wait`);
        const { State } = (await engine().api('GET', `/containers/${name}/json`)) as Inspected;
        expect(State.ExitCode).to.equal(137);
        told.push(isPodman || State.OOMKilled);
      }
      expect(told).to.include(true);
    });

    it('tells why a command failed', async () => {
      const failure = await engine()
        .docker('inspect', 'nobody')
        .catch((error: unknown) => error as Error);
      expect(failure).to.be.instanceOf(Error);
      expect((failure as Error).message).to.match(/inspect nobody failed.*: .*no such object/is);
    });

    it('is killed and started again with what it had', async () => {
      await engine().docker('create', '--name', 'kept', engine().image);
      await engine().kill();
      expect(await refusal(engine().socketPath)).to.equal('ECONNREFUSED');
      await engine().restart();
      expect((await engine().docker('ps', '--all', '--format', '{{.Names}}')).trim()).to.equal('kept');
    });

    it('is frozen, accepting and silent, and answers once thawed', async () => {
      let isAnswered = false;
      await engine().freeze();
      const answer = engine()
        .api('GET', '/_ping')
        .finally(() => (isAnswered = true));
      expect(await refusal(engine().socketPath)).to.equal(undefined);
      await promisify(execFile)('true');
      expect(isAnswered).to.equal(false);
      engine().thaw();
      expect(await answer).to.equal('OK');
    });
  });

  describe(`the end of the test engine ${kind}`, function () {
    this.timeout(120_000);
    needs(kind);

    it('leaves no process, folder or cgroup after stop()', async () => {
      const engine = await startEngine(kind);
      await engine.docker('run', '--detach', engine.image);
      const traces = tracesOf(engine.dir);
      expect(traces.processes, 'processes').to.not.equal(0);
      expect(traces.cgroups, 'cgroups').to.not.deep.equal([]);
      await engine.stop();
      expectGone(engine.dir, traces.cgroups);
      await engine.stop();
    });

    it('stops while it is frozen', async () => {
      const engine = await startEngine(kind);
      await engine.freeze();
      await engine.stop();
      expectGone(engine.dir, []);
    });

    for (const [how, end] of [
      ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
      ['SIGINT', (child: ChildProcess) => child.kill('SIGINT')],
      ['an uncaught error', undefined],
    ] as const) {
      it(`leaves nothing when its program ends by ${how}`, async () => {
        const { child, dir, cgroups } = await hold(kind, end === undefined ? ['throw'] : []);
        end?.(child);
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        expectGone(dir, cgroups);
      });
    }

    it('leaves no process when its program is killed, and the next start clears the rest', async () => {
      const { child, dir, cgroups } = await hold(kind);
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      while (tracesOf(dir).processes > 0) await delay(10);
      expect(existsSync(dir)).to.equal(true);
      const next: TestEngine = await startEngine(kind);
      await next.stop();
      expectGone(dir, cgroups);
    });
  });
}

interface Traces {
  readonly processes: number;
  readonly cgroups: readonly string[];
}

/** Engine programs have the folder as their HOME; containers are found by their cgroups. */
function tracesOf(dir: string): Traces {
  const homes = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && environmentOf(name).includes(`HOME=${dir}`),
  );
  return { processes: homes.length, cgroups: cgroupsOf(dir).flatMap(cgroupDirs) };
}

function expectGone(dir: string, cgroups: readonly string[]): void {
  expect(tracesOf(dir).processes, 'processes').to.equal(0);
  expect(existsSync(dir), dir).to.equal(false);
  expect(cgroups.filter((path) => existsSync(path))).to.deep.equal([]);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.not.contain(basename(dir));
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function hold(
  kind: EngineKind,
  args: string[] = [],
): Promise<{ child: ChildProcess; dir: string } & Traces> {
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, kind, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const dir = line.toString().trim();
  return { child, dir, ...tracesOf(dir) };
}

/** Why a socket refuses a connection; undefined when it accepts. */
async function refusal(socketPath: string): Promise<string | undefined> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket.destroy();
  }
}
