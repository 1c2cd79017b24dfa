import { expect } from 'chai';
import { filter } from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Source } from '../../src/core/types.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { dockerEvents, type DockerEventsOptions } from '../../src/sources/docker-events.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { linesIn, recordingProxy } from '../engine/recording-proxy.ts';
import { answerJson, scriptedEngine, type ScriptedEngine } from '../engine/scripted-engine.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { collecting } from '../sources/collecting.ts';
import { becomes, hear, type Hearing, stopHearing } from '../sources/hear.ts';
import { isLive } from '../sources/live.ts';
import { identityOfLine, rawReader, type RawReader } from './raw-reader.ts';

const identityOf = ({ timeNano, type, action, id }: DockerEvent): string =>
  [timeNano, type, action, id].join(' ');

for (const kind of engineKinds())
  describe(`dockerEvents of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    const readers: RawReader[] = [];
    const raw = async (query = ''): Promise<RawReader> => {
      const reader = await rawReader(engine().socketPath, `/events${query}`);
      readers.push(reader);
      return reader;
    };
    const whole = (options: DockerEventsOptions = {}, address?: string): Source<DockerEvent | Gap> =>
      dockerEvents({ engine: dockerEngine({ address: address ?? engine().dockerHost }), ...options });
    /** Where there is no gap. */
    const source = (options?: DockerEventsOptions, address?: string): Source<DockerEvent> =>
      whole(options, address) as Source<DockerEvent>;
    afterEach(async () => {
      stopHearing();
      for (const reader of readers.splice(0)) reader.stop();
      await engine().removeAll();
    });
    /** From the second in which it is connected, a source hears everything. */
    const connected = (heard: Hearing<DockerEvent>): Promise<void> =>
      heard.until(({ facts }) => facts.length > 0);
    /** Makes an event that nothing else makes; resolves with what its lines contain. */
    const mark = async (name: string): Promise<string> => {
      await engine().docker('volume', 'create', name);
      return `"${name}"`;
    };
    const ends = (reader: RawReader, name: string): Promise<void> =>
      reader.until((lines) => lines.some((line) => line.includes(`"${name}"`)));
    const isMark = (name: string) => (event: DockerEvent) =>
      event.type === 'volume' && (event.id === name || event.attributes['name'] === name);

    it('gives every event the engine sends, once, in its order and with its digits', async () => {
      const proxy = await recordingProxy(engine().socketPath);
      const heard = hear(source({ labels: ['*'] }, proxy.address));
      await connected(heard);
      const independent = await raw();
      await mark('begin');
      await heard.until(({ records }) => records.some(isMark('begin')));
      await Promise.all(
        Array.from({ length: 6 }, async (_, i) => {
          const name = `web-${i}`;
          await engine().docker(
            'run',
            '--detach',
            '--label',
            `note=größe 🐳 ${i}`,
            '--name',
            name,
            engine().image,
          );
          await engine().docker('exec', name, 'true');
          await engine().remove(name);
        }),
      );
      await mark('end');
      await heard.until(({ records }) => records.some(isMark('end')));
      await ends(independent, 'end');
      const [exchange] = proxy.exchanges.filter(
        ({ path, query }) => path === '/events' && !query.has('until'),
      );
      const given = heard.records.map(identityOf);
      const from = given.findIndex((_, i) => isMark('begin')(heard.records[i]!));
      expect(given.slice(from)).to.have.members(
        independent.lines.map(identityOfLine).slice(-given.slice(from).length),
      );
      // What the engine had kept from before the beginning is passed over.
      expect(given).to.deep.equal(linesIn(exchange!).map(identityOfLine).slice(-given.length));
      expect(new Set(given).size).to.equal(given.length);
      expect(given.length).to.be.greaterThan(6 * (isPodman ? 6 : 8));
      expect(heard.facts.slice(1)).to.deep.equal([]);
      const labelled = heard.records.find(({ attributes }) => attributes['note'] === 'größe 🐳 3');
      expect(labelled?.attributes['name']).to.equal('web-3');
      await proxy.close();
    });

    it('lets the engine do the filtering', async () => {
      const heard = hear(source({ filters: { type: ['container'], event: ['die'] } }));
      const all = await raw();
      await connected(heard);
      for (const code of [0, 3]) {
        const name = `exits-${code}`;
        await engine()
          .docker('run', '--name', name, engine().image, 'sh', '-c', `exit ${code}`)
          .catch(() => '');
      }
      // Of the test before there may be some in the same second.
      const own = (): readonly DockerEvent[] =>
        heard.records.filter(({ attributes }) => attributes['name']?.startsWith('exits-'));
      await heard.until(() => own().length === 2);
      expect(own().map(({ attributes }) => attributes['exitCode'])).to.deep.equal(['0', '3']);
      await mark('after-filters');
      await ends(all, 'after-filters');
      expect(new Set(heard.records.map(({ action }) => action))).to.deep.equal(new Set(['die']));
    });

    it('tells no command line, no environment and no label of a container unless asked', async () => {
      const [shy, open] = [hear(source()), hear(source({ execCommands: 'keep', labels: ['*'] }))];
      await connected(shy);
      await connected(open);
      const run = [
        'run',
        '--detach',
        '--name',
        'web',
        '--env',
        'TOKEN=EXAMPLE-1',
        '--label',
        'token=EXAMPLE-2',
      ];
      await engine().docker(...run, engine().image, 'sleep', '1000');
      await engine().docker('exec', 'web', 'echo', 'EXAMPLE-3');
      await engine().remove('web');
      await mark('after-secrets');
      await shy.until(({ records }) => records.some(isMark('after-secrets')));
      await open.until(({ records }) => records.some(isMark('after-secrets')));
      expect(JSON.stringify(shy.records)).to.not.contain('EXAMPLE');
      expect(JSON.stringify(open.records)).to.contain('EXAMPLE-2').and.not.contain('EXAMPLE-1');
      if (!isPodman) {
        const execs = open.records
          .map(({ action }) => action)
          .filter((action) => action.startsWith('exec_create'));
        expect(execs).to.deep.equal(['exec_create: echo EXAMPLE-3']);
        const redacted = shy.records
          .map(({ action }) => action)
          .filter((action) => action.startsWith('exec_'));
        expect(redacted).to.deep.equal(['exec_create', 'exec_start', 'exec_die']);
      }
    });

    it('loses and doubles nothing when it is cut off for a while', async () => {
      const all = await raw();
      const events = source();
      const given: string[] = [];
      await mark('cuts-begin');
      for (let round = 0; round < 5; round += 1) {
        const heard = hear(events);
        await connected(heard);
        await Promise.all([0, 1, 2].map((i) => mark(`live-${round}-${i}`)));
        await heard.until(({ records }) =>
          [0, 1, 2].every((i) => records.some(isMark(`live-${round}-${i}`))),
        );
        heard.stop();
        given.push(...heard.records.map(identityOf));
        await Promise.all([0, 1, 2].map((i) => mark(`away-${round}-${i}`)));
      }
      const last = hear(events);
      await mark('cuts-end');
      await last.until(({ records }) => records.some(isMark('cuts-end')));
      given.push(...last.records.map(identityOf));
      await ends(all, 'cuts-end');
      const own = (text: string): boolean => /live-|away-|cuts-end/.test(text);
      const expected = all.lines.filter(own).map(identityOfLine);
      const volumes = new Set(expected);
      expect(given.filter((identity) => volumes.has(identity))).to.have.members(expected);
      expect(expected).to.have.lengthOf(31);
      expect(new Set(given).size).to.equal(given.length);
    });

    it('goes on through a SIGKILL and a restart, with all that the new engine tells', async () => {
      const stop = new AbortController();
      const sink = collecting<DockerEvent>();
      const { done } = runPipeline(pipeline('events', whole(), filter(isLive), sink.sink), {
        stop: stop.signal,
        backoff: { firstMs: 50, maxMs: 500 },
      });
      const patience = ['--restart', 'always', '--stop-timeout', '1'];
      await engine().docker('run', '--detach', '--name', 'web', ...patience, engine().image);
      await sink.until((records) => records.some(({ action }) => action === 'start'));
      await engine().kill();
      await engine().restart();
      await mark('after-kill');
      await sink.until((records) => records.some(isMark('after-kill')));
      const ring = await raw('?since=0');
      await ends(ring, 'after-kill');
      const given = sink.records.map(identityOf);
      expect(new Set(given).size).to.equal(given.length);
      const told = ring.lines.map(identityOfLine);
      // Podman's history is a file: it reaches back to before this test.
      const fresh = isPodman ? told.filter((identity) => given.includes(identity)) : told;
      expect(given).to.include.members(fresh);
      if (!isPodman) expect(told.length).to.be.greaterThan(1);
      stop.abort();
      expect((await done).outcome).to.equal('stopped');
    });

    it('loses nothing when the engine stands still for five seconds', async () => {
      const heard = hear(source());
      const independent = await raw();
      await connected(heard);
      await engine().docker('run', '--detach', '--name', 'short', engine().image, 'sleep', '2');
      await engine().freeze();
      await new Promise((resolve) => setTimeout(resolve, 5000));
      engine().thaw();
      await engine().api('POST', '/containers/short/wait');
      await mark('after-freeze');
      await heard.until(({ records }) => records.some(isMark('after-freeze')));
      await ends(independent, 'after-freeze');
      const given = heard.records.map(identityOf);
      expect(given).to.include.members(independent.lines.map(identityOfLine));
      expect(new Set(given).size).to.equal(given.length);
      expect(
        heard.records.some(({ action, attributes }) => action === 'die' && attributes['name'] === 'short'),
      ).to.equal(true);
    });
  });

for (const kind of engineKinds().filter((each) => each.startsWith('docker')))
  describe(`with a real engine (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    let forbidding: ScriptedEngine;
    let happened = 0;
    sourceContract(
      'dockerEvents',
      async () => {
        forbidding = await scriptedEngine({ answers: { '*': answerJson({ message: 'forbidden' }, 403) } });
        const make = (address: string): Source<DockerEvent | Gap> =>
          dockerEvents({ engine: dockerEngine({ address }) });
        // Events of the second in which a source begins are its own: none of the test before.
        const second = (): number => Math.floor(Date.now() / 1000);
        const before = second();
        await becomes(() => second() > before);
        return {
          make: () => make(engine().dockerHost),
          makeRefused: () => make(forbidding.address),
          happen: async () => {
            happened += 1;
            await engine().docker('volume', 'create', `volume-${happened}`);
          },
          served: () =>
            engine()
              .api('GET', '/info')
              .then(
                (info) => (info as { NEventsListener: number }).NEventsListener,
                () => 0,
              ),
          goAway: () => engine().kill(),
          comeBack: () => engine().restart(),
        };
      },
      () => forbidding.close(),
      (record) => (isLive(record as DockerEvent | Gap) ? identityOf(record as DockerEvent) : undefined),
    );
  });
