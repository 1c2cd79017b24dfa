import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { listedContainersIn } from '../../src/records/container-list.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { dockerEvents, type DockerEventsOptions } from '../../src/sources/docker-events.ts';
import { selectionOf } from '../../src/sources/docker-events/selection.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes, hear, type Hearing, stopHearing } from '../sources/hear.ts';
import { isGap, isLive, isSynthetic } from '../sources/live.ts';
import { identityOfLine, rawReader } from './raw-reader.ts';

interface Inspected {
  readonly Id: string;
  readonly Created: string;
  readonly State: Readonly<Record<'StartedAt' | 'FinishedAt', string>>;
}

/** The processes of a container, as they are numbered here and not in the namespace of its engine. */
function processesOf(id: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(id);
      } catch {
        return false;
      }
    })
    .map(Number);
}

type Heard = Hearing<DockerEvent | Gap>;

for (const kind of engineKinds().filter((each) => each.startsWith('docker')))
  describe(`what dockerEvents could lose of a real engine (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind, ['--live-restore']);
    const source = (options: DockerEventsOptions = {}): Source<DockerEvent | Gap> =>
      dockerEvents({ engine: dockerEngine({ address: engine().dockerHost }), ...options });
    afterEach(async () => {
      stopHearing();
      await engine().removeAll();
    });
    let marks = 0;
    const mark = async (heard: Heard): Promise<void> => {
      const name = `mark-${(marks += 1)}`;
      await engine().api('POST', '/volumes/create', { Name: name });
      await heard.until(({ records }) => records.some((record) => isLive(record) && record.id === name));
    };
    /** So many events of volumes that nobody else makes: newer engines tell of no volume twice. */
    const publish = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1)
        await engine().api('POST', '/volumes/create', { Name: `volume-${(marks += 1)}` });
    };
    const open = async (events: Source<DockerEvent | Gap>): Promise<Heard> => {
      const heard = hear(events);
      await heard.until(({ facts }) => facts.length > 0);
      await mark(heard);
      return heard;
    };
    const run = (name: string, ...more: readonly string[]): Promise<string> =>
      engine().docker('run', '--detach', '--name', name, ...more);
    const inspect = async (name: string): Promise<Inspected> =>
      (await engine().api('GET', `/containers/${name}/json`)) as Inspected;
    /** Events of a container, the synthetic ones with a star. */
    const told = ({ records }: Heard, name: string): string[] =>
      records
        .filter((record) => !isGap(record))
        .filter(({ type, attributes }) => type === 'container' && attributes['name'] === name)
        .map(({ action, synthetic }) => `${action}${synthetic === true ? '*' : ''}`);
    const at = (time: string): string => {
      const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(time)!;
      return String(BigInt(Date.parse(`${seconds!}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0')));
    };

    it('is told by a gap when more happened than the engine keeps, and what happened to containers with it', async () => {
      for (const name of ['lives', 'dies', 'goes']) await run(name, engine().image);
      const events = source();
      const first = await open(events);
      for (const name of ['lives', 'dies', 'goes'])
        expect(told(first, name).map((each) => each.replace('*', ''))).to.deep.equal(['create', 'start']);
      first.stop();
      await engine().docker('kill', 'dies');
      await engine().remove('goes');
      await run('fresh', engine().image);
      await publish(300);
      const second = await open(events);
      expect(second.records.filter(isGap).map(({ reason, atLeast }) => [reason, atLeast])).to.deep.equal([
        ['history-overrun', 5],
      ]);
      expect(told(second, 'lives')).to.deep.equal([]);
      expect(told(second, 'dies')).to.deep.equal(['die*']);
      expect(told(second, 'goes')).to.deep.equal(['die*', 'destroy*']);
      expect(told(second, 'fresh')).to.deep.equal(['create*', 'start*']);
      const { State } = await inspect('dies');
      const { Created, State: fresh } = await inspect('fresh');
      const synthetic = second.records.filter(isSynthetic);
      const [die] = synthetic.filter(({ attributes }) => attributes['name'] === 'dies');
      expect(die).to.deep.include({
        timeNano: at(State.FinishedAt),
        exit: { code: 137, oomKilled: false, verified: true },
      });
      expect(
        synthetic.filter(({ attributes }) => attributes['name'] === 'fresh').map(({ timeNano }) => timeNano),
      ).to.deep.equal([at(Created), at(fresh.StartedAt)]);
    });

    it('is nothing as long as the engine keeps what was seen', async () => {
      const events = source();
      const first = await open(events);
      first.stop();
      await publish(250);
      const second = await open(events);
      expect(second.records.filter((record) => !isLive(record))).to.deep.equal([]);
      expect(second.records).to.have.lengthOf(251);
    });

    for (const signal of ['SIGKILL', 'SIGTERM'] as const)
      it(`is told when containers end while the engine is away (${signal}, live restore)`, async () => {
        await run('lives', engine().image);
        await run('dies', engine().image);
        await run('goes', '--rm', engine().image);
        const events = source();
        const first = await open(events);
        const pids = await Promise.all(
          ['dies', 'goes'].map(async (name) => processesOf((await inspect(name)).Id)),
        );
        await engine().kill(signal);
        await first.failure;
        for (const pid of pids.flat()) process.kill(pid, 'SIGKILL');
        await engine().restart();
        const second = await open(events);
        await becomes(() => told(second, 'goes').some((each) => each.startsWith('destroy')));
        expect(second.records.filter(isGap).map(({ reason }) => reason)).to.deep.equal(['engine-restarted']);
        expect(told(second, 'lives')).to.deep.equal([]);
        for (const name of ['dies', 'goes'])
          expect(told(second, name).filter((each) => each.startsWith('die'))).to.have.lengthOf(1);
        expect(told(second, 'goes').filter((each) => each.startsWith('destroy'))).to.have.lengthOf(1);
        const { State } = await inspect('dies');
        const die = second.records
          .filter(isSynthetic)
          .find(({ action, attributes }) => action === 'die' && attributes['name'] === 'dies')!;
        expect(die).to.deep.include({ exit: { code: 137, oomKilled: false, verified: true } });
        expect(die.timeNano).to.equal(at(State.FinishedAt));
      });

    it('is no exit code that a label hides', async () => {
      const heard = await open(source());
      const command = [engine().image, 'sh', '-c', 'exit 3'];
      await run('labelled', '--label', 'exitCode=0', ...command);
      await run('gone', '--rm', '--label', 'exitCode=0', ...command);
      await run('plain', '--rm', ...command);
      const exits = (): Map<string, DockerEvent['exit']> =>
        new Map(
          heard.records
            .filter(isLive)
            .filter(({ type, action }) => type === 'container' && action === 'die')
            .map(({ attributes, exit }) => [attributes['name']!, exit]),
        );
      await heard.until(() => ['labelled', 'gone', 'plain'].every((name) => exits().has(name)));
      expect(exits().get('labelled')).to.deep.equal({ code: 3, oomKilled: false, verified: true });
      expect(exits().get('plain')).to.include({ code: 3, verified: true });
      const gone = exits().get('gone')!;
      expect(gone.code).to.equal(gone.verified ? 3 : 0);
    });

    it('is the same as what filters let through of the engine itself', async () => {
      await run('web-1', '--label', 'tier=front', '--label', 'empty=', engine().image);
      await engine().docker('tag', engine().image, 'registry:5000/shop/web:2.1');
      await run('db', 'registry:5000/shop/web:2.1');
      const listed = listedContainersIn(await engine().api('GET', '/containers/json?all=1'));
      const [id] = listed.filter(({ name }) => name === 'web-1').map((container) => container.id);
      const filters: readonly Readonly<Record<string, readonly string[]>>[] = [
        { type: ['container'] },
        { type: ['volume'] },
        { type: ['volume', 'container'], event: ['start'] },
        { event: ['create'] },
        { event: ['create', 'start'], container: ['web-1'] },
        { container: ['web'] },
        { container: ['eb-1'] },
        { container: [id!.slice(0, 12)] },
        { container: ['db', 'web-1'] },
        { image: [engine().image] },
        { image: [engine().image.replace(/:.*/, '')] },
        { image: ['registry:5000/shop/web'] },
        { image: ['registry:5000/shop/web:2.1'] },
        { image: ['web'] },
        { label: ['tier'] },
        { label: ['tier=front', 'empty'] },
        { label: ['tier=back'] },
        { label: ['tier=front', 'other'] },
        { label: ['name=web-1'] },
        { volume: ['web-1'] },
        { network: ['web'] },
        { scope: ['local'] },
        { scope: ['swarm'] },
      ];
      const now = Math.floor(Date.now() / 1000) + 1;
      for (const each of filters) {
        const query = `since=0&until=${now}&filters=${encodeURIComponent(JSON.stringify(each))}`;
        const reader = await rawReader(engine().socketPath, `/events?${query}`);
        await reader.end;
        const ids = new Set(listed.map((container) => container.id));
        const through = reader.lines
          .map((line) => JSON.parse(line) as { Type: string; Action: string; Actor: { ID: string } })
          .filter(
            ({ Type, Action, Actor }) =>
              Type === 'container' && ids.has(Actor.ID) && /^(create|start)$/.test(Action),
          )
          .map(({ Action, Actor }) => `${Action} ${Actor.ID}`);
        const { container, action } = selectionOf(each, 'docker');
        const selected = listed
          .filter(container)
          .flatMap((one) => ['create', 'start'].filter(action).map((name) => `${name} ${one.id}`));
        expect(selected, JSON.stringify(each)).to.have.members(through);
      }
    });

    it('is nothing that a stream of hundreds of events and cuts could hide', async () => {
      const all = await rawReader(engine().socketPath, '/events');
      const events = source();
      const given: string[] = [];
      let publishing = true;
      const publishUntil = async (): Promise<void> => {
        while (publishing) await publish(1);
      };
      const publishers = [publishUntil(), publishUntil()];
      for (let round = 0; round < 30; round += 1) {
        const heard = hear(events);
        await heard.until(({ records }) => records.length > 20);
        heard.stop();
        expect(heard.records.filter(isGap)).to.deep.equal([]);
        given.push(
          ...heard.records
            .filter(isLive)
            .map(({ timeNano, type, action, id }) => [timeNano, type, action, id].join(' ')),
        );
      }
      publishing = false;
      await Promise.all(publishers);
      const last = await open(events);
      given.push(
        ...last.records
          .filter(isLive)
          .map(({ timeNano, type, action, id }) => [timeNano, type, action, id].join(' ')),
      );
      await all.until((lines) => lines.some((line) => line.includes(`"mark-${marks}"`)));
      all.stop();
      expect(new Set(given).size).to.equal(given.length);
      expect(given).to.include.members(all.lines.map(identityOfLine));
    });
  });
