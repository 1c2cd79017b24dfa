import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { dockerEngine } from '../../src/engine/engine.ts';
import { dockerEvents, type DockerEventsOptions } from '../../src/sources/docker-events.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { Source } from '../../src/core/types.ts';
import { answerJson, pong, scriptedEngine } from '../engine/scripted-engine.ts';
import { eventLine, eventsServer, pongAt, type EventsServer } from './events-server.ts';
import { becomes, hear, stopHearing } from './hear.ts';

const NOW = 1_795_304_600;
/** A time some nanoseconds into that second. */
const nano = (offset: number): bigint => BigInt(NOW) * 1_000_000_000n + BigInt(offset);

const scenario = (name: string): string =>
  readFileSync(new URL(`../fixtures/docker/${name}`, import.meta.url), 'utf8');

describe('dockerEvents', () => {
  let server: EventsServer;
  const start = async (ping = pongAt(NOW), tcp = false): Promise<EventsServer> =>
    (server = await eventsServer(ping, tcp));
  /** For streams without a gap. */
  const source = (options: DockerEventsOptions = {}): Source<DockerEvent> =>
    dockerEvents({
      engine: dockerEngine({ address: server.address, host: 'here' }),
      ...options,
    }) as Source<DockerEvent>;
  const digits = (events: readonly DockerEvent[]): string[] => events.map(({ timeNano }) => timeNano);
  afterEach(async () => {
    stopHearing();
    await server.close();
  });

  describe('asks the engine', () => {
    it('for all it keeps, of what the filters say', async () => {
      await start();
      const filters = { type: ['container'], event: ['die', 'oom'], label: ['a=b&c'] };
      hear(source({ filters }));
      await server.answered(1);
      expect(Object.fromEntries(server.asked[0]!)).to.deep.equal({
        since: '0',
        filters: JSON.stringify(filters),
      });
    });

    it('for everything without filters', async () => {
      await start();
      hear(source());
      await server.answered(1);
      expect([...server.asked[0]!.keys()]).to.deep.equal(['since']);
    });

    it('nothing before it is subscribed to', async () => {
      await start();
      source();
      expect(server.requests).to.deep.equal([]);
    });
  });

  describe('reads recorded bytes', () => {
    for (const name of [
      'events-scenario.docker-20.10-cgroupv1.ndjson',
      'events-scenario.podman-4.3.1-cgroupv1.ndjson',
      'events-burst.docker-20.10-cgroupv1.ndjson',
    ])
      for (const size of [1, 7, 1024])
        it(`${name}, ${size} at a time`, async () => {
          await start(pongAt(1));
          const bytes = Buffer.from(scenario(name));
          const lines = bytes.toString().trimEnd().split('\n');
          const heard = hear(source({ labels: ['*'] }));
          const answer = await server.answered(1);
          for (let at = 0; at < bytes.length; at += size)
            if (!answer.write(bytes.subarray(at, at + size))) await once(answer, 'drain');
          await heard.until(({ records }) => records.length === lines.length);
          expect(heard.facts.slice(1)).to.deep.equal([]);
          for (const [i, event] of heard.records.entries())
            if (!lines[i]!.includes(`"timeNano":${event.timeNano}`)) expect.fail(lines[i]);
          expect(JSON.stringify(heard.records)).to.contain(
            '日本語 🐳'.slice(0, name.includes('burst') ? 0 : 3),
          );
        }).timeout(60_000);
  });

  it('says which engine it reads, and marks what is simulated', async () => {
    await start(pong('1.51', 'dockrx-simulator/1'));
    const heard = hear(source());
    (await server.answered(1)).write(`${eventLine(BigInt(Date.now()) * 1_000_000n)}\n`);
    await heard.until(({ records }) => records.length === 1);
    expect(heard.facts).to.deep.equal([{ type: 'connected', to: server.address, simulated: true }]);
    expect(heard.records[0]).to.include({ host: 'here', simulated: true });
  });

  describe('keeps by default', () => {
    const said = async (options: DockerEventsOptions, more: object): Promise<DockerEvent> => {
      await start();
      const heard = hear(source(options));
      (await server.answered(1)).write(`${eventLine(nano(1), more)}\n`);
      await heard.until(({ records }) => records.length === 1);
      return heard.records[0]!;
    };
    const labelled = {
      Actor: { ID: 'abc', Attributes: { name: 'web', secret: 'EXAMPLE', 'team.name': 'a' } },
    };
    const exec = { Action: 'exec_create: psql -p EXAMPLE' };

    it('no label but those known to be harmless', async () => {
      expect((await said({}, labelled)).attributes).to.deep.equal({ name: 'web' });
    });

    it('labels that are allowed', async () => {
      const { attributes } = await said({ labels: ['team.*'] }, labelled);
      expect(attributes).to.deep.equal({ name: 'web', 'team.name': 'a' });
    });

    it('no command line', async () => {
      expect(JSON.stringify(await said({}, exec))).to.not.contain('EXAMPLE');
    });

    it('command lines that are asked for', async () => {
      expect((await said({ execCommands: 'keep' }, exec)).action).to.equal(exec.Action);
    });
  });

  describe('goes on after', () => {
    const after = async (bad: string | Buffer, options: DockerEventsOptions = {}): Promise<unknown[]> => {
      await start();
      const heard = hear(source(options));
      const answer = await server.answered(1);
      answer.write(`${eventLine(nano(1))}\n`);
      answer.write(bad);
      answer.write(`\n${eventLine(nano(2))}\n`);
      await heard.until(({ records }) => records.at(-1)?.timeNano === String(nano(2)));
      expect(heard.missing()).to.equal(0);
      return [heard.facts.slice(1), heard.records.length];
    };
    const rejected = (reason: string): object => ({ type: 'rejected', reason, count: 1 });

    it('a line that is no JSON', async () => {
      expect(await after('{"Type":')).to.deep.equal([[rejected('invalid-json')], 2]);
    });

    it('a line that is no event', async () => {
      expect(await after('{"message":"oh"}')).to.deep.equal([[rejected('not-an-event')], 2]);
    });

    it('an event without a time', async () => {
      expect(await after(eventLine('1').replace(/"time.*/, '"scope":""}'))).to.deep.equal([
        [rejected('not-an-event')],
        2,
      ]);
    });

    it('empty lines, of which it says nothing', async () => {
      expect(await after('\n\n')).to.deep.equal([[], 2]);
    });

    it('a line longer than allowed', async () => {
      const long = eventLine(nano(9), { Action: 'x'.repeat(3000) });
      expect(await after(long, { maxLineBytes: 2000 })).to.deep.equal([[rejected('too-long')], 2]);
    });

    it('a line of 500 kB, which it reads', async () => {
      const labels = { note: 'größe '.repeat(70_000) };
      const long = eventLine(nano(9), { Actor: { ID: 'abc', Attributes: labels } });
      expect(Buffer.byteLength(long)).to.be.greaterThan(500_000);
      expect(await after(long)).to.deep.equal([[], 3]);
    });

    it('a line that is not UTF-8, which it reads and tells of', async () => {
      const bytes = Buffer.from(eventLine(nano(9), { Action: 'start?' }));
      bytes[bytes.indexOf('?')] = 0xff;
      const [facts, count] = await after(bytes);
      expect(count).to.equal(3);
      expect(facts).to.have.lengthOf(1);
      expect((facts as { message: string }[])[0]!.message).to.contain('not UTF-8');
    });
  });

  describe('is cut off and read again', () => {
    const EVENTS = 8;
    const lines = Array.from({ length: EVENTS }, (_, i) => eventLine(nano(1000 + i)));
    const text = (from: number, to: number): string =>
      lines
        .slice(from, to)
        .map((line) => `${line}\n`)
        .join('');
    const all = lines.map((_, i) => String(nano(1000 + i)));

    for (const [how, end] of [
      ['ended', (answer: { end(): unknown }) => answer.end()],
      ['cut', (answer: { destroy(): unknown }) => answer.destroy()],
    ] as const)
      it(`fails when the engine has ${how} the stream, for the run to try again`, async () => {
        await start();
        const heard = hear(source());
        const answer = await server.answered(1);
        answer.write(text(0, 2), () => end(answer));
        expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
        expect((heard.error as Error).message).to.contain(server.address);
        expect(digits(heard.records)).to.deep.equal(all.slice(0, 2));
        await server.allClosed();
      });

    it('fails when its TCP connection is reset', async () => {
      await start(pongAt(NOW), true);
      const heard = hear(source());
      const answer = await server.answered(1);
      answer.write(text(0, 2));
      await heard.until(({ records }) => records.length === 2);
      answer.socket!.resetAndDestroy();
      expect(await heard.failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    });

    it('asks for all the engine still has, and gives what is new, once', async () => {
      await start();
      const events = source();
      const first = hear(events);
      (await server.answered(1)).write(text(0, 4));
      await first.until(({ records }) => records.length === 4);
      first.stop();
      const second = hear(events);
      const answer = await server.answered(2);
      expect(Object.fromEntries(server.asked[1]!)).to.deep.equal({ since: '0' });
      answer.write(text(0, 6));
      answer.write(text(5, 8));
      await second.until(({ records }) => records.length === 4);
      expect([...digits(first.records), ...digits(second.records)]).to.deep.equal(all);
    });

    it('gives two different events of the same nanosecond, once each', async () => {
      await start();
      const events = source();
      const twin = eventLine(nano(1000), { Action: 'stop' });
      const first = hear(events);
      (await server.answered(1)).write(`${text(0, 1)}${twin}\n`);
      await first.until(({ records }) => records.length === 2);
      first.stop();
      const second = hear(events);
      (await server.answered(2)).write(
        `${text(0, 1)}${twin}\n${text(1, 2)}${text(1, 2).replace('start', 'die')}`,
      );
      await second.until(({ records }) => records.length === 2);
      expect(second.records.map(({ action }) => action)).to.deep.equal(['start', 'die']);
    });

    it('never gives what the engine kept from before its beginning', async () => {
      await start();
      const old = [nano(-1), nano(-2_000_000_000), 7n, 999_999_999_999_999_999n].map((time) =>
        eventLine(time),
      );
      server.ring = [...old, eventLine(nano(0))];
      const replay = server.ring.map((line) => `${line}\n`).join('');
      const events = source();
      const first = hear(events);
      (await server.answered(1)).write(replay);
      await first.until(({ records }) => records.length === 1);
      first.stop();
      const second = hear(events);
      (await server.answered(2)).write(`${replay}${eventLine(nano(1))}\n`);
      await second.until(({ records }) => records.length === 1);
      expect(digits([...first.records, ...second.records])).to.deep.equal([nano(0), nano(1)].map(String));
    });

    it('gives what comes after the clock of the engine was set back', async () => {
      await start();
      server.ring = [eventLine(nano(-1))];
      const heard = hear(source());
      (await server.answered(1)).write(
        `${server.ring[0]!}\n${eventLine(nano(0))}\n${eventLine(nano(-3_600_000_000_000))}\n`,
      );
      await heard.until(({ records }) => records.length === 2);
      expect(digits(heard.records)).to.deep.equal([nano(0), nano(-3_600_000_000_000)].map(String));
    });

    it('begins where it was first connected, also when it had no events since', async () => {
      let clock = NOW;
      server = await eventsServer((response, request) => pongAt(clock)(response, request));
      const events = source();
      const first = hear(events);
      await server.answered(1);
      first.stop();
      clock += 3600;
      const second = hear(events);
      (await server.answered(2)).write(`${eventLine(nano(5))}\n`);
      await second.until(({ records }) => records.length === 1);
    });

    it('counts a line it cannot read once, however often it is repeated', async () => {
      await start();
      const events = source();
      const first = hear(events);
      (await server.answered(1)).write(`{"no":"event"}\n${text(0, 1)}`);
      await first.until(({ records }) => records.length === 1);
      first.stop();
      const second = hear(events);
      (await server.answered(2)).write(`{"no":"event"}\n${text(0, 2)}`);
      await second.until(({ records }) => records.length === 1);
      expect(second.facts.slice(1)).to.deep.equal([]);
    });

    it('asks Podman, which keeps its whole history, for the last seconds only', async () => {
      await start(pongAt(NOW, 'Libpod/4.3.1 (linux)'));
      const events = source();
      const first = hear(events);
      (await server.answered(1)).write(text(0, 2));
      await first.until(({ records }) => records.length === 2);
      first.stop();
      const second = hear(events);
      const later = eventLine(nano(60_000_000_000));
      (await server.answered(2)).write(`${text(0, 3)}${later}\n`);
      await second.until(({ records }) => records.length === 2);
      second.stop();
      const third = hear(events);
      const last = eventLine(nano(61_000_000_000));
      (await server.answered(3)).write(`${later}\n${last}\n`);
      await third.until(({ records }) => records.length === 1);
      const asked = server.asked.map((query) => query.get('since'));
      expect(asked).to.deep.equal([NOW, NOW, NOW + 50].map(String));
    });
  });

  it('closes its connections when it is unsubscribed', async () => {
    await start();
    const heard = hear(source());
    await server.answered(1);
    expect(server.openSockets()).to.be.greaterThan(0);
    heard.stop();
    await server.allClosed();
  });

  it('closes them also while the engine lets it wait', async () => {
    await start(() => undefined);
    const heard = hear(source());
    await becomes(() => server.requests.length === 1);
    heard.stop();
    await server.allClosed();
  });

  it('is one stream: a second reader at the same time is refused and told what to do', async () => {
    await start();
    const events = source();
    const first = hear(events);
    await server.answered(1);
    const second = hear(events);
    expect(await second.failure).to.include({ code: 'CONFIG_INVALID' });
    expect((second.error as Error).message).to.contain('dockerEvents()');
    first.stop();
    hear(events);
    await server.answered(2);
  });

  it('is refused by an engine that forbids it', async () => {
    server = Object.assign(
      await scriptedEngine({ answers: { '/events': answerJson({ message: 'forbidden' }, 403) } }),
      {
        asked: [],
        audits: [],
        ring: [],
        hangs: false,
        fails: undefined,
        answered: () => Promise.reject(new Error('forbidden')),
      },
    );
    const heard = hear(source());
    expect(await heard.failure).to.include({ code: 'SOURCE_REFUSED' });
    expect((heard.error as Error).message)
      .to.contain('403')
      .and.contain('forbidden');
    await server.allClosed();
  });
});

describe('the options of dockerEvents', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ filter: {} }, 'there is no option "filter"'],
    [{ filters: 7 }, 'filters must be'],
    [{ filters: null }, 'filters must be'],
    [{ filters: { type: 'container' } }, 'filters must be'],
    [{ labels: 'a' }, 'labels must be'],
    [{ labels: [7] }, 'labels must be'],
    [{ execCommands: true }, 'execCommands must be'],
    [{ maxLineBytes: 0 }, 'maxLineBytes must be'],
    [{ maxLineBytes: '1' }, 'maxLineBytes must be'],
    [{ reconcile: 1 }, 'reconcile must be'],
    [{ verifyExit: 'yes' }, 'verifyExit must be'],
    [{ audit: true }, 'audit must be'],
    [{ audit: null }, 'audit must be'],
    [{ audit: { everyMs: 1 } }, 'audit must be'],
    [{ audit: { minMs: 0 } }, 'audit must be'],
    [{ audit: { minMs: 60_000 } }, 'audit must be'],
  ];
  for (const [options, said] of wrong)
    it(`refuse ${JSON.stringify(options)} when it is called`, () => {
      expect(() => dockerEvents(options))
        .to.throw(`dockerEvents: ${said}`)
        .with.property('code', 'CONFIG_INVALID');
    });
});
