import { expect } from 'chai';
import { mkdirSync, rmdirSync, existsSync } from 'node:fs';
import { get } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { CadvisorEvent } from '../../src/records/cadvisor-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { cadvisorEvents, type CadvisorEventsOptions } from '../../src/sources/cadvisor-events.ts';
import { useCadvisor } from '../harness/cadvisor.ts';
import { useEngine } from '../harness/use-engine.ts';
import { collecting } from '../sources/collecting.ts';
import { becomes, hear, stopHearing, type Hearing } from '../sources/hear.ts';

type Heard = Hearing<CadvisorEvent | Gap>;

describe('cadvisorEvents of a real cAdvisor', function () {
  this.timeout(180_000);
  const engine = useEngine('docker-20.10');
  const cadvisor = useCadvisor(engine);
  afterEach(async () => {
    stopHearing();
    await engine().removeAll();
  });

  const make = (options: CadvisorEventsOptions = {}): Source<CadvisorEvent | Gap> =>
    cadvisorEvents({
      addresses: cadvisor().address,
      engine: dockerEngine({ address: engine().dockerHost }),
      labels: ['tier'],
      ...options,
    });
  const connected = async (heard: Heard): Promise<Heard> => {
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'connected'));
    return heard;
  };
  const run = (name: string, ...more: string[]): Promise<string> =>
    engine().docker(
      'run',
      '-d',
      '--name',
      name,
      '--label',
      'tier=front',
      ...more,
      engine().image,
      'sleep',
      '1000',
    );
  const of = (heard: { readonly records: readonly (CadvisorEvent | Gap)[] }, id: string): CadvisorEvent[] =>
    heard.records.filter(
      (record): record is CadvisorEvent => 'containerId' in record && record.containerId === id,
    );
  const typesOf = (heard: Heard, id: string): readonly string[] => of(heard, id).map(({ type }) => type);
  const until = (heard: Heard, id: string, type: string, times = 1): Promise<void> =>
    heard.until(() => typesOf(heard, id).filter((each) => each === type).length === times);
  /** What cAdvisor keeps, asked for by the plainest means. */
  const kept = async (): Promise<
    readonly { readonly container_name: string; readonly event_type: string }[]
  > => {
    const path = '/api/v1.3/events?all_events=true&subcontainers=true&max_events=-1';
    return (await (await fetch(cadvisor().address + path)).json()) as {
      container_name: string;
      event_type: string;
    }[];
  };
  const cgroup = (): string => {
    const memory = '/sys/fs/cgroup/memory';
    return join(existsSync(memory) ? memory : '/sys/fs/cgroup', basename(engine().dir));
  };
  /** Below it each event is of 3.4 kB: a few thousand fill all buffers on the way to a client that does not read. */
  const deep = (): string =>
    join(cgroup(), ...Array.from({ length: 13 }, (_, i) => String(i).padEnd(250, 'x')));
  /** Cgroups that come and go: two events each, as of containers, at a hundredth of the price. */
  const burst = async (name: string, count: number): Promise<void> => {
    for (let from = 0; from < count; from += 40) {
      const folders = Array.from({ length: 40 }, (_, i) => join(deep(), `${name}-${from + i}`));
      for (const folder of folders) mkdirSync(folder);
      await new Promise((resolve) => setTimeout(resolve, 30));
      for (const folder of folders) rmdirSync(folder);
    }
  };
  /** Resolves when a cgroup made now is told to a listener. */
  const isHeard = async ({ text }: { readonly text: () => string }, name: string): Promise<void> => {
    const folder = join(cgroup(), name);
    mkdirSync(folder);
    await becomes(() => text().includes(`/${name}"`));
    rmdirSync(folder);
  };
  /** A new stream whose headers have come; other clients of the same cAdvisor. */
  const listener = (): Promise<{ readonly text: () => string; readonly stop: () => void }> =>
    new Promise((resolve, reject) => {
      let text = '';
      const path = '/api/v1.3/events/?stream=true&all_events=true&subcontainers=true';
      const asked = get(cadvisor().address + path, { agent: false }, (answer) => {
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('error', () => undefined);
        resolve({ text: () => text, stop: () => answer.socket.end() });
      });
      asked.setTimeout(10_000, () => asked.destroy(new Error('no headers within 10 s')));
      asked.on('error', reject);
    });

  it('tells starts, restarts and ends of containers with their names, as its list has them', async () => {
    const heard = await connected(hear(make()));
    const id = await run('web');
    await until(heard, id, 'containerCreation');
    await engine().docker('restart', '--time', '0', 'web');
    await until(heard, id, 'containerCreation', 2);
    await engine().remove('web');
    await until(heard, id, 'containerDeletion', 2);
    const events = of(heard, id);
    expect(typesOf(heard, id)).to.deep.equal([
      ...['containerCreation', 'containerDeletion', 'containerCreation', 'containerDeletion'],
    ]);
    // Why a creation has no identity of its own.
    expect(events[0]!.timestamp).to.equal(events[2]!.timestamp);
    for (const event of events) {
      expect(event).to.include({ name: 'web', image: engine().image, host: cadvisor().address.slice(7) });
      expect(event).to.deep.include({ labels: { tier: 'front' } });
      expect(event).to.not.have.property('replayed');
    }
    const own = (await kept()).filter(({ container_name }) => container_name.endsWith(id));
    expect(own).to.have.lengthOf(4);
    const late = await connected(hear(make({ engine: false })));
    await until(late, id, 'containerDeletion', 2);
    expect(typesOf(late, id)).to.deep.equal(typesOf(heard, id));
    expect(of(late, id).every(({ replayed }) => replayed === true)).to.equal(true);
  });

  it('asks cAdvisor for names where there is no engine', async () => {
    const heard = await connected(hear(make({ engine: false })));
    const id = await run('alone');
    await until(heard, id, 'containerCreation');
    expect(of(heard, id)[0]).to.include({ name: 'alone', image: engine().image });
  });

  it('tells kills with the process', async () => {
    const heard = await connected(hear(make()));
    const kills = (): readonly CadvisorEvent[] =>
      heard.records.filter(
        (record): record is CadvisorEvent =>
          record.kind === 'cadvisor-event' && record.type === 'oomKill' && record.replayed !== true,
      );
    await run('small', '--memory', '16m');
    await engine().docker('exec', 'small', 'sh', '-c', 'tail /dev/zero; true');
    await heard.until(() => kills().length > 0);
    expect(kills()[0]!.process).to.equal('tail');
    expect(kills()[0]!.pid).to.be.a('number').above(0);
  });

  it('neither loses nor repeats what happens between two subscriptions', async () => {
    const source = make();
    const first = await connected(hear(source));
    const id = await run('web');
    await until(first, id, 'containerCreation');
    first.stop();
    const had = first.records.length;
    await engine().docker('restart', '--time', '0', 'web');
    const other = await run('other');
    await becomes(async () => (await kept()).some(({ container_name }) => container_name.endsWith(other)));
    const again = await connected(hear(source));
    await until(again, other, 'containerCreation');
    expect(had).to.be.above(0);
    expect(typesOf(again, id)).to.deep.equal(['containerDeletion', 'containerCreation']);
    expect(again.records.filter(({ kind }) => kind === 'gap')).to.deep.equal([]);
  });

  it('goes on when cAdvisor is restarted, with a gap and without telling anything again', async () => {
    const lasting = await run('lasting');
    const passing = await run('passing', '--memory', '16m');
    const sink = collecting<CadvisorEvent | Gap>();
    const stop = new AbortController();
    const backoff = { firstMs: 50, maxMs: 500 };
    const { done } = runPipeline(pipeline('events', make(), sink.sink), { stop: stop.signal, backoff });
    await engine().docker('exec', 'passing', 'sh', '-c', 'tail /dev/zero; true');
    await sink.until((records) => of({ records }, passing).length > 0 && of({ records }, lasting).length > 0);
    const lastOf =
      (type: string) =>
      (record: CadvisorEvent | Gap): boolean =>
        record.type === type;
    await sink.until((records) => records.some(lastOf('oomKill')));
    await engine().remove('passing');
    await sink.until((records) => of({ records }, passing).some(lastOf('containerDeletion')));
    // Others on this machine may be killed meanwhile: this cAdvisor tells of those, too.
    const kills = (): readonly string[] =>
      sink.records.flatMap((record) =>
        record.kind === 'cadvisor-event' && record.type === 'oomKill'
          ? `${record.pid} ${record.process}`
          : [],
      );
    expect(await cadvisor().end()).to.equal(true);
    await cadvisor().start();
    await sink.until((records) => records.some(({ kind }) => kind === 'gap'));
    const fresh = await run('fresh');
    await sink.until((records) => of({ records }, fresh).length > 0);
    expect((await kept()).filter(({ event_type }) => event_type === 'oomKill')).to.have.lengthOf.above(0);
    expect(new Set(kills()).size).to.equal(kills().length);
    expect(of(sink, lasting).map(({ type }) => type)).to.deep.equal(['containerCreation']);
    expect(of(sink, passing).filter(lastOf('containerCreation'))).to.have.lengthOf(1);
    expect(sink.records.filter(({ kind }) => kind === 'gap')).to.have.lengthOf(1);
    stop.abort();
    expect((await done).outcome).to.equal('stopped');
  });

  it('holds up nobody while its own sinks stand still, and leaves cAdvisor well', async () => {
    mkdirSync(deep(), { recursive: true });
    const sink = collecting<CadvisorEvent | Gap>({ capacity: 4 });
    sink.hold();
    const stop = new AbortController();
    const source = make({ bufferBytes: 100_000, engine: false });
    const slow = runPipeline(pipeline('slow', source, sink.sink), { stop: stop.signal, drainMs: 100 });
    const other = await listener();
    await becomes(() => slow.stages()[0]!.received > 0);
    // With a client that does not read, others have heard 4.1 MB, and then nothing more for good.
    for (let round = 0; other.text().length < 6_000_000; round += 1) await burst(`slow-${round}`, 400);
    await isHeard(other, 'heard-by-others');
    const { received, dropped } = slow.stages()[0]!;
    expect(slow.paused()).to.equal(true);
    expect(received).to.be.above(1_000);
    expect(dropped['buffer-full']).to.be.above(received * 0.7);
    // It goes in the middle of events.
    const going = burst('going', 400);
    stop.abort();
    await slow.done;
    await going;
    await isHeard(other, 'heard-after-it-went');
    other.stop();
    const next = await listener();
    await isHeard(next, 'heard-by-new-clients');
    next.stop();
    expect((await fetch(`${cadvisor().address}/metrics`)).status).to.equal(200);
    expect(await cadvisor().end('SIGTERM'), 'cAdvisor heeds SIGTERM').to.equal(true);
    for (let folder = deep(); folder !== cgroup(); folder = dirname(folder)) rmdirSync(folder);
    await cadvisor().start();
  });
});
