import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { Source } from '../../src/core/types.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { dockerStats, type DockerStatsOptions } from '../../src/sources/docker-stats.ts';
import { answerStream, type Answer } from '../engine/scripted-engine.ts';
import { type FleetServer, fleetServer, idOf, READINGS } from './fleet-server.ts';
import { becomes, hear, type Hearing, stopHearing } from './hear.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/docker/${name}`, import.meta.url), 'utf8');
/** What engines answer for containers that do not run. */
const readingless = [
  'stats-created-stream.docker-20.10-cgroupv1.ndjson',
  'stats-stopped-stream.docker-20.10-cgroupv1.ndjson',
  'stats-stopped-oneshot.docker-20.10-cgroupv1.ndjson',
  'stats-created-stream.podman-4.3.1-cgroupv1.ndjson',
  'stats-stopped-stream.podman-4.3.1-cgroupv1.ndjson',
];
const names = ({ records }: Hearing<ContainerStats>): Set<string> =>
  new Set(records.map(({ container }) => container.name));

describe('dockerStats of a simulated engine', () => {
  let engine: Simulator;
  const start = async (options: SimulatorOptions = {}): Promise<Simulator> =>
    (engine = await startSimulator({ containers: 0, scenario: 'quiet', statsEveryMs: 20, ...options }));
  const source = (options: DockerStatsOptions = {}): Source<ContainerStats> =>
    dockerStats({
      engine: dockerEngine({ address: engine.host, host: 'here' }),
      everyMs: 100,
      ...options,
    });
  const run = (name: string, more: object = {}): string => {
    const id = engine.createContainer({ name, ...more });
    engine.start(id);
    return id;
  };
  afterEach(async () => {
    stopHearing();
    await engine.close();
  });

  for (const [apiVersion, cgroup] of [
    ['1.41', 'v1'],
    ['1.45', 'v2'],
    ['1.52', 'v2'],
  ] as const)
    for (const mode of ['stream', 'poll'] as const)
      it(`reads each container again and again (${apiVersion}, cgroup ${cgroup}, ${mode})`, async () => {
        await start({ apiVersion, cgroup, containers: 3 });
        const heard = hear(source({ mode }));
        await heard.until(({ records }) => names(heard).size === 3 && records.length >= 12);
        for (const record of heard.records) {
          expect(record).to.include({
            kind: 'container-stats',
            host: 'here',
            simulated: true,
            engine: 'docker',
          });
          expect(record.time)
            .to.equal(record.stats.read)
            .and.match(/^20\d\d-/);
          expect(record.stats.memory_stats.usage).to.be.greaterThan(0);
          expect(record.container.id).to.match(/^[0-9a-f]{64}$/);
        }
        expect(heard.facts.slice(1)).to.deep.equal([]);
      });

  it('follows containers as they come and go', async () => {
    await start();
    const heard = hear(source());
    const reads = (id: string, from: number): Promise<void> =>
      heard.until(({ records }) => records.slice(from).some(({ container }) => container.id === id));
    const isLeft = (id: string): Promise<void> =>
      heard.until(({ records }) => records.slice(-10).every(({ container }) => container.id !== id));
    const first = run('first');
    await reads(first, 0);
    const second = run('second');
    await reads(second, 0);
    engine.stop(first);
    await isLeft(first);
    const again = heard.records.length;
    engine.start(first);
    await reads(first, again);
    engine.remove(second);
    await isLeft(second);
  });

  it('reads a container that restarts as one that has nothing before', async () => {
    await start();
    const id = run('web');
    const heard = hear(source());
    await heard.until(({ records }) => records.length > 2);
    engine.restartContainer(id);
    const from = heard.records.length;
    await heard.until(({ records }) => records.length > from + 5);
    const times = heard.records.map(({ time }) => time);
    expect(times).to.deep.equal([...new Set(times)].sort());
    const fresh = heard.records.flatMap(({ stats }, i) => (stats.preread.startsWith('0001-') ? [i] : []));
    expect(fresh).to.have.lengthOf(2);
    expect(fresh[0]).to.equal(0);
    expect(fresh[1]).to.be.within(from, from + 1);
  });

  it('says the new name of a container that is renamed', async () => {
    await start();
    const id = run('old');
    const heard = hear(source());
    await heard.until(() => names(heard).has('old'));
    engine.rename(id, 'new');
    await heard.until(() => names(heard).has('new'));
    expect(engine.connections).to.be.most(3);
  });

  it('reads a paused container on', async () => {
    await start();
    const id = run('web');
    const heard = hear(source());
    await heard.until(({ records }) => records.length > 2);
    engine.pause(id);
    const from = heard.records.length;
    await heard.until(({ records }) => records.length > from + 5);
    const totals = heard.records.slice(-3).map(({ stats }) => stats.cpu_stats.cpu_usage.total_usage);
    expect(new Set(totals).size).to.equal(1);
  });

  it('makes no reading of a container that is gone before it was asked', async () => {
    await start();
    const heard = hear(source());
    await becomes(() => engine.eventListeners === 1);
    for (let i = 0; i < 20; i += 1) engine.die(run(`quick-${i}`));
    run('web');
    await heard.until(({ records }) => records.length > 5);
    expect([...names(heard)]).to.deep.equal(['web']);
  });

  it('makes no reading of a container that does not run', async () => {
    await start();
    engine.createContainer({ name: 'created' });
    engine.stop(run('stopped'));
    run('web');
    const heard = hear(source());
    await heard.until(({ records }) => records.length > 5);
    expect([...names(heard)]).to.deep.equal(['web']);
  });

  it('reads what is included and not excluded, by name, image and label', async () => {
    await start();
    run('web-1');
    run('web-2', { labels: { 'com.example.skip': 'yes' } });
    run('db', { image: 'postgres:17' });
    run('other');
    const heard = hear(
      source({
        include: { names: ['web-*'], images: ['postgres:*'] },
        exclude: { labels: ['com.example.skip=yes'] },
      }),
    );
    await heard.until(({ records }) => records.length > 10);
    expect([...names(heard)].sort()).to.deep.equal(['db', 'web-1']);
    expect(engine.connections).to.be.most(4);
  });

  it('keeps the labels that are allowed, and chooses by those that are not', async () => {
    await start();
    const labels = { 'com.docker.compose.project': 'shop', secret: 'EXAMPLE' };
    run('web', { labels });
    const heard = hear(source({ include: { labels: ['secret'] } }));
    await heard.until(({ records }) => records.length > 0);
    expect(heard.records[0]!.container.labels).to.deep.equal({ 'com.docker.compose.project': 'shop' });
    heard.stop();
    const all = hear(source({ labels: ['*'] }));
    await all.until(({ records }) => records.length > 0);
    expect(all.records[0]!.container.labels).to.deep.equal(labels);
  });

  it('may be read at several places at once', async () => {
    await start({ containers: 2 });
    const stats = source();
    const [one, two] = [hear(stats), hear(stats)];
    await one.until(({ records }) => records.length > 5);
    await two.until(({ records }) => records.length > 5);
  });

  it('fails when the engine goes away, and lets go of everything', async () => {
    await start({ containers: 5 });
    const heard = hear(source());
    await heard.until(() => names(heard).size === 5);
    await engine.down('sigkill');
    expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    expect(heard.facts.slice(1)).to.deep.equal([]);
    await engine.up();
    expect(engine.connections).to.equal(0);
  });
});

describe('dockerStats of an engine that', () => {
  let fleet: FleetServer;
  const start = async (apiVersion?: string, server?: string): Promise<FleetServer> =>
    (fleet = await fleetServer(apiVersion, server));
  const source = (options: DockerStatsOptions = {}): Source<ContainerStats> =>
    dockerStats({ engine: dockerEngine({ address: fleet.address, host: 'here' }), everyMs: 100, ...options });
  afterEach(async () => {
    stopHearing();
    await fleet.close();
  });
  const [one, two] = [idOf(1), idOf(2)];
  /** Sends these bytes so many at a time, and nothing more. */
  const sending =
    (text: string, size = 65_536): Answer =>
    (response, request) => {
      answerStream(response, request);
      const bytes = Buffer.from(text);
      const send = async (): Promise<void> => {
        for (let at = 0; at < bytes.length; at += size)
          if (!response.write(bytes.subarray(at, at + size))) await once(response, 'drain');
      };
      void send().catch(() => undefined);
    };
  /** Sends these lines a period apart: of a burst some would not be due. */
  const pacing =
    (lines: readonly string[]): Answer =>
    (response, request) => {
      answerStream(response, request);
      const left = [...lines];
      const timer = setInterval(() => response.write(`${left.shift() ?? ''}\n`), 100);
      response.once('close', () => clearInterval(timer));
    };
  const counted = ({ facts }: Hearing<unknown>, reason: string): number =>
    facts.filter((fact) => fact.type === 'rejected' && fact.reason === reason).length;

  for (const size of [1, 13, 65_536])
    it(`sends recorded readings, ${size} bytes at a time: each becomes a record`, async () => {
      await start();
      fleet.list(one, 'web', { Image: 'bb:1', ImageID: 'sha256:abc' });
      fleet.stats.set(
        one,
        sending(
          READINGS.slice(0, 3)
            .map((line) => `${line}\n`)
            .join(''),
          size,
        ),
      );
      const heard = hear(source());
      await heard.until(({ records }) => records.length === 3);
      expect(heard.records).to.deep.equal(
        READINGS.slice(0, 3).map((line) => {
          const stats = JSON.parse(line) as ContainerStats['stats'];
          return {
            kind: 'container-stats',
            host: 'here',
            engine: 'docker',
            time: stats.read,
            container: { id: one, name: 'web', image: 'bb:1', imageId: 'sha256:abc', labels: {} },
            stats,
          };
        }),
      );
    });

  it('sends zero samples after an exit: none becomes a record', async () => {
    await start();
    fleet.list(one);
    const text = fixture('stats-exit-then-remove.docker-20.10-cgroupv1.ndjson');
    const lines = text.trimEnd().split('\n');
    const real = lines.filter((line) => !line.includes('"read":"0001-'));
    expect(real.length).to.be.greaterThan(0).and.lessThan(lines.length);
    fleet.stats.set(one, pacing([...lines, READINGS.at(-1)!]));
    const heard = hear(source());
    await heard.until(({ records }) => records.at(-1)?.stats.name === nameIn(READINGS[0]!));
    expect(heard.records.map(({ time }) => time)).to.deep.equal([...real, READINGS.at(-1)!].map(readIn));
    expect(heard.facts.slice(1)).to.deep.equal([]);
  });

  for (const name of readingless)
    it(`answers with ${name}: no record`, async () => {
      await start();
      fleet.list(one);
      fleet.list(two);
      fleet.stats.set(one, sending(fixture(name)));
      const heard = hear(source());
      await heard.until(({ records }) => records.length === 1);
      await becomes(() => fleet.askedFor().includes(one));
      expect(heard.records.map(({ container }) => container.id)).to.deep.equal([two]);
      expect(heard.facts.slice(1)).to.deep.equal([]);
    });

  it('sends lines that are no readings: each is counted, the next is read', async () => {
    await start();
    fleet.list(one);
    const bad = ['{"read":', '{"message":"oh"}', 'null', '7', '{"read":7}', '<html>'];
    const long = `{"read":"${'x'.repeat(1 << 20)}"}`;
    fleet.stats.set(one, pacing([...bad, long, READINGS[1]!]));
    const heard = hear(source());
    await heard.until(({ records }) => records.length === 1);
    expect(counted(heard, 'invalid-json')).to.equal(2);
    expect(counted(heard, 'not-a-reading')).to.equal(4);
    expect(counted(heard, 'too-long')).to.equal(1);
  });

  it("is Podman: records say so, and have the container's id from its list", async () => {
    await start('1.41', 'Libpod/4.3.1 (linux)');
    fleet.list(one);
    fleet.stats.set(one, sending(fixture('stats-mem-limit.podman-4.3.1-cgroupv1.ndjson')));
    const heard = hear(source());
    await heard.until(({ records }) => records.length === 1);
    expect(heard.records[0]).to.deep.include({ engine: 'podman' });
    expect(heard.records[0]!.container.id).to.equal(one);
  });

  describe('answers wrongly for one container', () => {
    const wrong: readonly (readonly [string, Answer])[] = [
      ['404', (response) => response.writeHead(404).end('{"message":"No such container"}')],
      ['500', (response) => response.writeHead(500).end('{"message":"cgroup is gone"}')],
      ['a page', (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>')],
    ];
    for (const [what, answer] of wrong)
      for (const mode of ['stream', 'poll'] as const)
        it(`by ${what}: the others are read, it is told of, and read when that is over (${mode})`, async () => {
          await start();
          fleet.list(one);
          fleet.list(two);
          fleet.stats.set(one, answer);
          const heard = hear(source({ mode }));
          await heard.until(({ records }) => records.some(({ container }) => container.id === two));
          await heard.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
          const notice = heard.facts.find((fact) => fact.type === 'notice')!;
          expect(notice.message).to.contain(one).and.contain(fleet.address);
          fleet.stats.delete(one);
          await heard.until(({ records }) => records.some(({ container }) => container.id === one));
        });

    it('and is not asked again once nobody reads', async () => {
      await start();
      fleet.list(one);
      fleet.stats.set(one, (response) => response.writeHead(404).end());
      const timers = (): number =>
        process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
      await new Promise(setImmediate);
      const before = timers();
      const heard = hear(source());
      await heard.until(({ facts }) => facts.some(({ type }) => type === 'notice'));
      heard.stop();
      await fleet.allClosed();
      expect(timers()).to.equal(before);
    });

    it('by cutting its stream now and then: it is opened again, soon and without ado', async () => {
      await start();
      fleet.list(one);
      fleet.stats.set(one, (response) => {
        answerStream(response, response.req);
        response.write(`${READINGS[0]!}\n`, () => response.destroy());
      });
      const heard = hear(source());
      await heard.until(({ records }) => records.length === 4);
      expect(heard.facts.slice(1)).to.deep.equal([]);
    });

    it('by ending its stream: it is opened again', async () => {
      await start();
      fleet.list(one);
      fleet.stats.set(one, (response) => response.end(`${READINGS[0]!}\n`));
      const heard = hear(source());
      await heard.until(({ records }) => records.length === 2);
      expect(heard.facts.slice(1)).to.deep.equal([]);
    });
  });

  for (const mode of ['stream', 'poll'] as const)
    it(`never answers for one container: no other waits (${mode})`, async () => {
      await start('1.45');
      for (let i = 1; i <= 40; i += 1) fleet.list(idOf(i));
      for (const stuck of [1, 2, 3]) fleet.stats.set(idOf(stuck), () => undefined);
      const heard = hear(source({ mode }));
      await heard.until(() => names(heard).size === 37);
      // And a container that comes later is read too.
      fleet.list(idOf(41));
      fleet.tell('start', idOf(41));
      await heard.until(() => names(heard).has('name-41'));
    });

  it('streams on of a container that has ended: its connection is closed', async () => {
    await start();
    fleet.list(one);
    fleet.list(two);
    const heard = hear(source());
    await heard.until(({ records }) => records.length === 2);
    const open = fleet.openSockets();
    fleet.unlist(one);
    fleet.tell('die', one);
    await becomes(() => fleet.openSockets() === open - 1);
  });

  it('is polled no more for a container that has ended, of which nothing is told either', async () => {
    await start();
    fleet.list(one);
    fleet.list(two);
    let answer: (() => void) | undefined;
    fleet.stats.set(one, (response) => {
      answer = () => response.writeHead(404).end();
    });
    const heard = hear(source({ mode: 'poll' }));
    await becomes(() => answer !== undefined);
    fleet.unlist(one);
    fleet.tell('die', one);
    for (const listener of fleet.listeners) listener.write(Buffer.from([0xff, 10]));
    await heard.until(({ facts }) => facts.length === 2);
    answer!();
    const had = heard.records.length;
    await heard.until(({ records }) => records.length >= had + 5);
    expect(fleet.askedFor().filter((id) => id === one)).to.have.lengthOf(1);
    expect(heard.facts).to.have.lengthOf(2);
  });

  it('answers for a container that has ended meanwhile: the reading is passed over, and counted', async () => {
    await start();
    fleet.list(one);
    fleet.list(two);
    let answer: (() => void) | undefined;
    fleet.stats.set(one, (response) => {
      answer = () => response.end(READINGS[1]!);
    });
    const heard = hear(source({ mode: 'poll' }));
    await becomes(() => answer !== undefined);
    fleet.unlist(one);
    fleet.tell('die', one);
    for (const listener of fleet.listeners) listener.write(Buffer.from([0xff, 10]));
    await heard.until(({ facts }) => facts.length === 2);
    answer!();
    await becomes(() => heard.counts.filtered === 1);
    expect(heard.records.map(({ container }) => container.id)).to.not.include(one);
    expect(heard.missing()).to.equal(0);
  });

  it('is slower to answer than the period: no container is asked twice at a time', async () => {
    await start('1.45');
    fleet.list(one);
    let underWay = 0;
    let most = 0;
    let answers = 0;
    fleet.stats.set(one, (response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        answers += 1;
        response.end(READINGS[0]);
      }, 350);
    });
    hear(source({ mode: 'poll' }));
    await becomes(() => answers === 4);
    expect(most).to.equal(1);
  });

  it('is asked by few requests at once, however many containers it has', async () => {
    await start('1.45');
    const waiting: (() => void)[] = [];
    for (let i = 1; i <= 100; i += 1) {
      fleet.list(idOf(i));
      fleet.stats.set(idOf(i), (response) => waiting.push(() => response.end(READINGS[0])));
    }
    const heard = hear(source({ mode: 'poll', everyMs: 600_000 }));
    let answered = 0;
    while (answered < 100) {
      const expected = Math.min(16, 100 - answered);
      await becomes(() => waiting.length >= expected);
      expect(waiting).to.have.lengthOf(expected);
      answered += waiting.length;
      for (const answer of waiting.splice(0)) answer();
    }
    await heard.until(({ records }) => records.length === 100);
    expect(fleet.askedFor()).to.have.lengthOf(100);
  });

  describe('is streamed or polled', () => {
    const asked = async (apiVersion: string, options: DockerStatsOptions): Promise<string> => {
      await start(apiVersion);
      fleet.list(one);
      const heard = hear(source(options));
      await heard.until(({ records }) => records.length === 1);
      return fleet.requests.find((request) => request.includes('/stats'))!.split('?')[1]!;
    };
    const [streamed, polled] = ['stream=true', 'stream=false&one-shot=true'];
    const cases: readonly (readonly [string, DockerStatsOptions, string])[] = [
      ['1.41', { everyMs: 1000 }, streamed],
      ['1.41', { everyMs: 60_000 }, streamed],
      ['1.43', { everyMs: 5000 }, streamed],
      ['1.44', { everyMs: 4999 }, streamed],
      ['1.44', { everyMs: 5000 }, polled],
      ['1.52', { everyMs: 60_000 }, polled],
      ['2.0', { everyMs: 60_000 }, polled],
      ['1.52', { everyMs: 60_000, mode: 'stream' }, streamed],
      ['1.41', { everyMs: 1000, mode: 'poll' }, polled],
    ];
    for (const [apiVersion, options, query] of cases)
      it(`by API ${apiVersion} and ${JSON.stringify(options)}: ${query}`, async () => {
        expect(await asked(apiVersion, options)).to.equal(query);
      });
  });

  it('streams faster than is asked for: what is not due is passed over, without drift', async () => {
    await start();
    fleet.list(one);
    let timer: NodeJS.Timeout | undefined;
    fleet.stats.set(one, (response, request) => {
      answerStream(response, request);
      timer = setInterval(() => response.write(`${READINGS[1]!}\n`), 20);
    });
    const heard = hear(source({ everyMs: 600 }));
    await heard.until(({ records }) => records.length === 1);
    const from = performance.now();
    await heard.until(({ records }) => records.length === 7);
    clearInterval(timer);
    // Half a second early at most, over all of them and not for each.
    expect(performance.now() - from).to.be.greaterThan(6 * 600 - 520);
    expect(heard.counts).to.include({ received: heard.records.length + heard.counts.filtered });
    expect(heard.counts.filtered).to.be.greaterThan(7);
  });
});

describe('the options of dockerStats', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ every: 1000 }, 'there is no option "every"'],
    [{ everyMs: 99 }, 'everyMs must be at least 100 ms'],
    [{ everyMs: '10s' }, 'everyMs must be'],
    [{ everyMs: NaN }, 'everyMs must be'],
    [{ mode: 'push' }, 'mode must be'],
    [{ labels: 'a' }, 'labels must be'],
    [{ include: ['web'] }, 'include must be'],
    [{ include: { name: ['web'] } }, 'include must be'],
    [{ exclude: { names: 'web' } }, 'exclude must be'],
  ];
  for (const [options, said] of wrong)
    it(`refuse ${JSON.stringify(options)} when it is called`, () => {
      expect(() => dockerStats(options))
        .to.throw(`dockerStats: ${said}`)
        .with.property('code', 'CONFIG_INVALID');
    });
});

const nameIn = (line: string): string => (JSON.parse(line) as { name: string }).name;
const readIn = (line: string): string => (JSON.parse(line) as { read: string }).read;
