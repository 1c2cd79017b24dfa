import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fact } from '../../src/core/facts.ts';
import type { RunResult } from '../../src/core/run.ts';
import { linesIn, recordingProxy, type RecordingProxy } from '../engine/recording-proxy.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { flatEvent, flatFigures, type RawStats, workingSet } from './by-hand.ts';
import { type Flat, identityOfFlat, isMark, mainJob, withoutExit } from './main-job.ts';
import { bytesOf, checkRates } from './rates-by-hand.ts';
import { identityOfLine, rawReader, type RawReader } from './raw-reader.ts';

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Running: boolean; readonly ExitCode: number; readonly OOMKilled: boolean };
  readonly HostConfig: { readonly Memory: number };
}

/** A few at a time, in order. */
async function eachOf<T>(
  items: readonly T[],
  parallel: number,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
    }),
  );
}

const ROLES = ['stays', 'greedy', 'paused', 'restarted', 'renamed', 'exits'] as const;
type Role = (typeof ROLES)[number];

/**
 * What engines tell of a container, in no order: that varies with the version. Podman tells neither of the kill in a
 * removal nor of memory that ran out.
 */
const TOLD: Readonly<Record<'docker' | 'podman', Readonly<Record<Role, readonly string[]>>>> = {
  docker: {
    stays: ['create', 'start', 'kill', 'die', 'destroy'],
    greedy: ['create', 'start', 'die', 'destroy'],
    paused: ['create', 'start', 'pause', 'unpause', 'kill', 'die', 'destroy'],
    restarted: ['create', 'start', 'kill', 'die', 'stop', 'restart', 'destroy'],
    renamed: ['create', 'start', 'rename', 'kill', 'die', 'destroy'],
    exits: ['create', 'start', 'die', 'destroy'],
  },
  podman: {
    stays: ['create', 'init', 'start', 'die', 'remove'],
    greedy: ['create', 'init', 'start', 'die', 'remove'],
    paused: ['create', 'init', 'start', 'pause', 'unpause', 'die', 'remove'],
    restarted: ['create', 'init', 'start', 'restart', 'die', 'remove'],
    renamed: ['create', 'init', 'start', 'rename', 'die', 'remove'],
    exits: ['create', 'init', 'start', 'die', 'remove'],
  },
};
/** And now and then: of a kill for memory, of Podman's own upkeep. */
const NOW_AND_THEN = { docker: ['oom'], podman: ['sync', 'cleanup', 'stop'] } as const;
const MiB = 1024 * 1024;

for (const kind of engineKinds())
  describe(`the main job on a real engine (${kind})`, function () {
    this.timeout(600_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    const family = isPodman ? 'podman' : 'docker';
    let folder: string;
    before(() => (folder = mkdtempSync(join(tmpdir(), 'dockrx-main-job-'))));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const mark = (name: string): Promise<string> => engine().docker('volume', 'create', name);

    describe('with 30 containers that come and go', () => {
      const fleet: readonly { readonly name: string; readonly role: Role }[] = Array.from(
        { length: 30 },
        (_, i) => {
          const role = ROLES[i % ROLES.length]!;
          return { name: `${role}-${i}`, role };
        },
      );
      let proxy: RecordingProxy;
      let independent: RawReader;
      let events: readonly Flat[];
      let stats: readonly Flat[];
      let results: readonly RunResult[];
      let facts: readonly Fact[];
      let inspected: readonly Inspected[];
      let shown: readonly { readonly Name: string; readonly MemUsage: string; readonly PIDs: string }[];
      let known: readonly string[];
      const nameNow = ({ name, role }: (typeof fleet)[number]): string =>
        role === 'renamed' ? `new-${name}` : name;
      /** Lines of stats that are readings, by container id, in order. */
      const answered = (): ReadonlyMap<string, readonly RawStats[]> => {
        const all = new Map<string, RawStats[]>();
        for (const { id, readings } of streams()) all.set(id, [...(all.get(id) ?? []), ...readings]);
        return all;
      };
      /** The same by stream. */
      const streams = (): readonly { readonly id: string; readonly readings: readonly RawStats[] }[] =>
        proxy.exchanges.flatMap((exchange) => {
          const id = /^\/containers\/(\w+)\/stats$/.exec(exchange.path)?.[1];
          if (id === undefined) return [];
          const readings = linesIn(exchange)
            .map((line) => JSON.parse(line) as RawStats)
            .filter(
              ({ read, memory_stats }) => !read.startsWith('0001-') && memory_stats.usage !== undefined,
            );
          return [{ id, readings }];
        });
      const linesOf = (id: string): number =>
        proxy.exchanges
          .filter(({ path }) => path === `/containers/${id}/stats`)
          .reduce((count, exchange) => count + linesIn(exchange).length, 0);

      before('runs both pipelines while it happens', async function () {
        this.timeout(600_000);
        const act = {
          stays: () => Promise.resolve(''),
          greedy: () => Promise.resolve(''),
          exits: () => Promise.resolve(''),
          paused: async (name) => {
            await engine().docker('pause', name);
            await engine().docker('unpause', name);
          },
          restarted: (name) => engine().docker('restart', '--time', '0', name),
          renamed: (name) => engine().docker('rename', name, `new-${name}`),
        } satisfies Record<Role, (name: string) => Promise<unknown>>;
        const command: Record<Role, readonly string[]> = {
          stays: ['sleep', '1000'],
          greedy: ['tail', '/dev/zero'],
          paused: ['sh', '-c', 'while :; do sleep 0.01; done'],
          restarted: ['sleep', '1000'],
          renamed: ['sh', '-c', 'dd if=/dev/zero of=/tmp/x bs=1M count=8 2>/dev/null; exec sleep 1000'],
          exits: ['sh', '-c', 'sleep 2; exit 3'],
        };
        proxy = await recordingProxy(engine().socketPath);
        independent = await rawReader(engine().socketPath, '/events');
        const job = mainJob(folder, proxy.address);
        await job.connected(1);
        await mark('main-begin');
        await eachOf(fleet, 4, async ({ name, role }) => {
          const limits = ['--memory', role === 'greedy' ? '20m' : '64m', '--pids-limit', '32'];
          const labels = ['--label', 'com.docker.compose.project=main-job', '--label', 'token=EXAMPLE'];
          await engine().docker(
            'run',
            '--detach',
            '--name',
            name,
            ...limits,
            ...labels,
            engine().image,
            ...command[role],
          );
          await act[role](name);
        });
        await eachOf(fleet, 4, async ({ name, role }) => {
          if (role === 'greedy' || role === 'exits') await engine().api('POST', `/containers/${name}/wait`);
        });
        inspected = (await Promise.all(
          fleet.map((each) => engine().api('GET', `/containers/${nameNow(each)}/json`)),
        )) as Inspected[];
        const running = inspected.filter(({ State }) => State.Running).map(({ Id }) => Id);
        // Podman's period is five seconds.
        const enough = isPodman ? 2 : 5;
        const had = new Map(running.map((id) => [id, linesOf(id)]));
        await becomes(() => running.every((id) => linesOf(id) >= had.get(id)! + enough));
        const format = isPodman
          ? '{"Name":"{{.Name}}","MemUsage":"{{.MemUsage}}","PIDs":"{{.PIDS}}"}'
          : '{{json .}}';
        const table = await engine().docker('stats', '--no-stream', '--format', format);
        shown = table.split('\n').map((line) => JSON.parse(line) as (typeof shown)[number]);
        await eachOf(fleet, 4, (each) => engine().remove(nameNow(each)));
        await mark('main-end');
        await independent.until((lines) => lines.some((line) => line.includes('"main-end"')));
        await becomes(() => job.events().some(isMark('main-end')));
        known = await pastEvents();
        results = await job.stop();
        events = job.events();
        stats = job.stats();
        facts = job.facts;
      });
      after(async () => {
        independent.stop();
        await proxy.close();
        await engine().removeAll();
      });

      /** Docker's last 256, Podman's whole history. */
      const pastEvents = async (): Promise<readonly string[]> => {
        const end = isPodman ? 'stream=false' : `until=${Math.ceil(Date.now() / 1000)}`;
        const reader = await rawReader(engine().socketPath, `/events?since=0&${end}`);
        await reader.until((lines) => lines.some((line) => line.includes('"main-end"')));
        reader.stop();
        return [...reader.lines];
      };

      it('stops when it is told, with nothing lost, rejected or abandoned', () => {
        for (const { outcome, abandoned, stages } of results) {
          expect({ outcome, abandoned }).to.deep.equal({ outcome: 'stopped', abandoned: 0 });
          for (const { rejected, dropped, inFlight, retries } of stages)
            expect({ rejected, dropped, inFlight, retries }).to.deep.equal({
              rejected: {},
              dropped: {},
              inFlight: 0,
              retries: 0,
            });
        }
        // On a busy machine a sink may pause its sources for a moment.
        const others = facts
          .map(({ type }) => type)
          .filter((type) => type !== 'paused' && type !== 'resumed');
        expect(new Set(others)).to.deep.equal(new Set(['opened', 'connected']));
      });

      it('has every event the engine published, once', () => {
        const written = events.map(identityOfFlat);
        expect(new Set(written).size).to.equal(written.length);
        const from = independent.lines.findIndex((line) => line.includes('"main-begin"'));
        const published = independent.lines.slice(from).map(identityOfLine);
        expect(published.length).to.be.greaterThan(isPodman ? 150 : 200);
        expect(written).to.include.members(published);
        const before = new Set(independent.lines.slice(0, from).map(identityOfLine));
        const extra = written.filter((identity) => !published.includes(identity) && !before.has(identity));
        // Only from the second in which the source began, before anybody else listened.
        const begun = events.findIndex(isMark('main-begin'));
        for (const identity of extra) expect(written.indexOf(identity)).to.be.lessThan(begun);
      });

      it('has what the engine itself still knows of it', () => {
        const from = known.findIndex((line) => line.includes('"main-begin"'));
        const until = known.findIndex((line) => line.includes('"main-end"'));
        if (isPodman) expect(from).to.be.least(0);
        const own = known.slice(Math.max(from, 0), until + 1);
        expect(own.length).to.be.greaterThan(isPodman ? 150 : 200);
        expect(events.map(identityOfFlat)).to.include.members(own.map(identityOfLine));
      });

      it('has them in the order and with the figures of the engine', () => {
        const [exchange] = proxy.exchanges.filter(
          ({ path, query }) => path === '/events' && query.has('since') && !query.has('until'),
        );
        const kept =
          /^(com\.docker\.compose\.project|name|image|exitCode|execDuration|signal|execID|oldName|container|destination|driver|propagation|read\/write|type|containerExitCode|podId)$/;
        const expected = linesIn(exchange!).map((line) => {
          const flat = flatEvent(line, 'here');
          const actor = flat['event_Actor'] as { ID: string; Attributes: Record<string, string> };
          const attributes = Object.entries(actor.Attributes).filter(([key]) => kept.test(key));
          return { ...flat, event_Actor: { ID: actor.ID, Attributes: Object.fromEntries(attributes) } };
        });
        // What the engine had kept from before the beginning is passed over; how a run ended it says when it is asked.
        expect(events.map(withoutExit)).to.deep.equal(expected.slice(-events.length));
        expect(JSON.stringify(events)).to.not.contain('EXAMPLE');
      });

      it('tells of each container what inspect tells', () => {
        for (const [i, { name, role }] of fleet.entries()) {
          const { Id, State } = inspected[i]!;
          const own = events.filter((event) => event['container_id'] === Id);
          const actions = own.map((event) => event['event_Action'] as string);
          const sometimes: readonly string[] = NOW_AND_THEN[family];
          const told = new Set(actions.filter((action) => !sometimes.includes(action)));
          expect(told, name).to.deep.equal(new Set(TOLD[family][role]));
          const lives = role === 'restarted' ? 2 : 1;
          for (const action of told) {
            const count = actions.filter((each) => each === action).length;
            if (['init', 'start', 'die'].includes(action)) expect(count, `${name} ${action}`).to.equal(lives);
            else if (action !== 'kill') expect(count, `${name} ${action}`).to.equal(1);
          }
          if (role === 'renamed') expect(own.at(-1)).to.have.property('container', `new-${name}`);
          if (role === 'exits' || role === 'greedy') {
            expect(State.Running).to.equal(false);
            const died = own.find((event) => event['event_Action'] === 'die')!;
            const { Attributes } = died['event_Actor'] as { Attributes: Record<string, string> };
            expect(Attributes['exitCode']).to.equal(String(State.ExitCode));
            expect(died).to.include({
              event_exit_code: State.ExitCode,
              event_exit_oomKilled: State.OOMKilled,
              event_exit_verified: true,
            });
          }
          if (role === 'exits') expect(State.ExitCode).to.equal(3);
          if (role === 'greedy') expect(State.ExitCode).to.equal(137);
          // Docker misses the kernel's word now and then, event and flag together; Podman has neither.
          if (State.OOMKilled) expect(actions).to.include('oom');
        }
        const oom = inspected.filter(({ State }) => State.OOMKilled).length;
        if (isPodman) expect(oom).to.equal(0);
        else expect(oom).to.be.greaterThan(0);
      });

      it('has every reading the engine sent, once and in its order', () => {
        const sent = answered();
        const written = new Map<string, string[]>();
        for (const line of stats) {
          const id = line['container_id'] as string;
          written.set(id, [...(written.get(id) ?? []), line['@timestamp'] as string]);
        }
        const missing = [...sent].flatMap(([id, readings]) => {
          const own = new Set(written.get(id));
          return readings.filter(({ read }) => !own.has(read)).map(({ read }) => `${id} ${read}`);
        });
        // What was on its way when a life of a container ended or the run was stopped was not waited for.
        const last = new Set(streams().map(({ id, readings }) => `${id} ${readings.at(-1)?.read ?? ''}`));
        expect(missing.filter((each) => !last.has(each))).to.deep.equal([]);
        for (const [id, times] of written) {
          expect(times).to.deep.equal([...new Set(times)].sort());
          expect((sent.get(id) ?? []).map(({ read }) => read)).to.include.members(times);
        }
      });

      it('reads every container that runs, again and again, by one stream', () => {
        const least = isPodman ? 2 : 5;
        for (const [i, { name, role }] of fleet.entries()) {
          const { Id, State } = inspected[i]!;
          const count = stats.filter((line) => line['container_id'] === Id).length;
          if (!State.Running) continue;
          expect(count, name).to.be.least(least);
          // Each life has its own.
          if (role !== 'restarted') expect(streams().filter(({ id }) => id === Id).length, name).to.equal(1);
        }
      });

      it('has in each line what its bytes say, by hand', () => {
        const sent = answered();
        const before = new Map<string, RawStats>();
        for (const line of stats) {
          const id = line['container_id'] as string;
          const raw = sent.get(id)!.find(({ read }) => read === line['@timestamp'])!;
          expect(line).to.deep.include(flatFigures(raw));
          expect(line).to.include({ host: 'here', 'label_com.docker.compose.project': 'main-job' });
          expect(line['image']).to.be.a('string').that.contains('bb:1');
          expect(line['container']).to.match(/^(new-)?\w+-\d+$/);
          expect(line['memory_working_set']).to.equal(workingSet(raw));
          const limit = raw.memory_stats.limit!;
          expect(limit).to.equal((line['container'] as string).startsWith('greedy') ? 20 * MiB : 64 * MiB);
          expect(line['memory_percent']).to.be.closeTo((workingSet(raw) / limit) * 100, 1e-9);
          checkRates(line, raw, before.get(id), isPodman);
          before.set(id, raw);
        }
      });

      it('agrees with what `stats` shows', () => {
        const running = inspected
          .filter(({ State }) => State.Running)
          .map(({ Name }) => Name.replace('/', ''));
        expect(shown.map(({ Name }) => Name)).to.include.members(running);
        for (const { Name, MemUsage, PIDs } of shown.filter((each) => running.includes(each.Name))) {
          const lines = stats.filter((line) => line['container'] === Name);
          const [usage, limit] = MemUsage.split(' / ').map(bytesOf) as [number, number];
          expect(limit).to.be.closeTo(64 * MiB, 5000);
          if (!Name.startsWith('stays')) continue;
          const sizes = lines.map((line) => line['memory_working_set'] as number);
          expect(usage).to.be.within(Math.min(...sizes) * 0.97, Math.max(...sizes) * 1.03);
          expect(lines.some((line) => line['pids_current'] === Number(PIDs))).to.equal(true);
        }
      });
    });
  });
