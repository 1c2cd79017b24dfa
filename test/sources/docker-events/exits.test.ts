import { expect } from 'chai';
import type { Source } from '../../../src/core/types.ts';
import { dockerEngine } from '../../../src/engine/engine.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/index.ts';
import { dockerEvents, type DockerEventsOptions } from '../../../src/sources/docker-events.ts';
import { type Answer, answerJson, answerStream, scriptedEngine } from '../../engine/scripted-engine.ts';
import { eventLine } from '../events-server.ts';
import { becomes, hear, stopHearing } from '../hear.ts';

const nano = (offset: number): bigint => 1_795_304_600_000_000_000n + BigInt(offset);
const rfc = (offset: number): string => `2026-11-21T23:43:20.${String(offset).padStart(9, '0')}Z`;

describe('dockerEvents asks how a container ended', function () {
  this.timeout(30_000);
  afterEach(stopHearing);

  describe('a simulated engine', () => {
    let engine: Simulator;
    beforeEach(async () => (engine = await startSimulator({ containers: 0, scenario: 'quiet' })));
    afterEach(() => engine.close());
    const source = (options: DockerEventsOptions = {}): Source<DockerEvent> =>
      dockerEvents({ engine: dockerEngine({ address: engine.host }), ...options }) as Source<DockerEvent>;
    const ended = async (
      spec: Parameters<Simulator['createContainer']>[0],
      end: (container: string) => void,
      options?: DockerEventsOptions,
    ): Promise<DockerEvent> => {
      const heard = hear(source(options));
      await becomes(() => engine.eventListeners === 1);
      const container = engine.createContainer(spec);
      engine.start(container);
      end(container);
      const died = ({ id, action }: DockerEvent): boolean => id === container && action === 'die';
      await heard.until(({ records }) => records.some(died));
      return heard.records.find(died)!;
    };

    it('and has its code and whether it ran out of memory', async () => {
      const died = await ended({}, (container) => engine.die(container, 3));
      expect(died.exit).to.deep.equal({ code: 3, oomKilled: false, verified: true });
      const killed = await ended({}, (container) => engine.oom(container));
      expect(killed.exit).to.deep.equal({ code: 137, oomKilled: true, verified: true });
    });

    it('and is not deceived by a label', async () => {
      const died = await ended({ labels: { exitCode: '0' } }, (container) => engine.die(container, 3));
      expect(died.exit).to.deep.equal({ code: 3, oomKilled: false, verified: true });
      expect(died.attributes).to.have.property('exitCode', '3');
    });

    it('and says when it can not know better than the event, which a label may have changed', async () => {
      const gone = { autoRemove: true, labels: { exitCode: '0' } };
      const died = await ended(gone, (container) => engine.die(container, 3));
      expect(died.exit).to.deep.equal({ code: 0, verified: false });
      const noCode = { autoRemove: true, labels: { exitCode: 'none' } };
      expect((await ended(noCode, (container) => engine.die(container, 3))).exit).to.deep.equal({
        verified: false,
      });
    });

    it('and believes the event of one that is gone and has no such label', async () => {
      const died = await ended({ autoRemove: true }, (container) => engine.die(container, 3));
      expect(died.exit).to.deep.equal({ code: 3, verified: true });
    });

    it('and takes no later run for this one', async () => {
      const died = await ended({ labels: { exitCode: '0' } }, (container) => {
        engine.die(container, 3);
        engine.start(container);
        engine.die(container, 4);
      });
      expect(died.exit).to.deep.equal({ code: 0, verified: false });
    });

    it('and asks nothing when it is told not to', async () => {
      const died = await ended({}, (container) => engine.die(container, 3), { verifyExit: false });
      expect(died).to.not.have.property('exit');
      expect(died.attributes).to.have.property('exitCode', '3');
    });

    it('and keeps the order, each event once, whatever happens meanwhile', async () => {
      const heard = hear(source());
      await becomes(() => engine.eventListeners === 1);
      const before = engine.eventsPublished;
      for (let i = 0; i < 200; i += 1) {
        const container = engine.createContainer({ autoRemove: i % 2 === 0 });
        engine.start(container);
        engine.die(container, i % 3);
      }
      const all = engine.eventsPublished - before;
      await heard.until(({ records }) => records.length === all);
      const times = heard.records.map(({ timeNano }) => timeNano);
      expect(times).to.deep.equal([...times].sort());
      expect(new Set(times).size).to.equal(all);
      const codes = heard.records.filter(({ action }) => action === 'die').map(({ exit }) => exit?.code);
      expect(codes).to.deep.equal(Array.from({ length: 200 }, (_, i) => i % 3));
    });

    it('and gives what waits for an answer when the engine goes down', async () => {
      const heard = hear(source());
      await becomes(() => engine.eventListeners === 1);
      for (let i = 0; i < 20; i += 1) engine.start(engine.createContainer());
      await heard.until(({ records }) => records.filter(({ action }) => action === 'start').length === 20);
      await engine.down('sigterm');
      await heard.failure;
      expect(heard.records.filter(({ action }) => action === 'die')).to.have.lengthOf(20);
    });
  });

  describe('an engine that', () => {
    const told = async (inspect: Answer, lines: readonly string[]): Promise<[DockerEvent[], unknown[]]> => {
      const server = await scriptedEngine({
        answers: {
          '/containers/json': answerJson([]),
          '/events': (response, request) => {
            answerStream(response, request);
            if (request.url!.includes('until')) response.end();
            else response.write(lines.map((line) => `${line}\n`).join(''));
          },
          '*': inspect,
        },
      });
      const events = dockerEvents({ engine: clockless(server.address), audit: false }) as Source<DockerEvent>;
      const heard = hear(events);
      await heard.until(({ records }) => records.length === lines.length);
      heard.stop();
      await server.close();
      return [[...heard.records], heard.facts.filter(({ type }) => type === 'notice')];
    };
    /** Its events are of long ago. */
    const clockless = (address: string): ReturnType<typeof dockerEngine> => ({
      connect: async (signal) => ({ ...(await dockerEngine({ address }).connect(signal)), clockMs: 1 }),
    });
    const die = (offset: number): string =>
      eventLine(nano(offset), {
        Action: 'die',
        Actor: { ID: `c${offset}`, Attributes: { exitCode: '1', name: 'web' } },
      });
    const other = (offset: number): string => eventLine(nano(offset), { Type: 'volume', Action: 'create' });

    it('never answers holds up nothing for longer than two seconds, however many end', async () => {
      const lines = Array.from({ length: 50 }, (_, i) => [die(2 * i), other(2 * i + 1)]).flat();
      const [records] = await told(() => undefined, lines);
      expect(records.map(({ timeNano }) => timeNano)).to.deep.equal(lines.map((_, i) => String(nano(i))));
      expect(records[0]!.exit).to.deep.equal({ code: 1, verified: false });
    }).timeout(8_000);

    it('never answers lets no more than a thousand wait behind one', async () => {
      const lines = [die(0), ...Array.from({ length: 3_000 }, (_, i) => other(i + 1))];
      const [records] = await told(() => undefined, lines);
      expect(records[0]!.exit).to.deep.equal({ code: 1, verified: false });
    });

    it('forbids it is asked no more, and that is told once', async () => {
      let asked = 0;
      const [records, notices] = await told(
        (response, request) => {
          asked += 1;
          answerJson({ message: 'forbidden' }, 403)(response, request);
        },
        Array.from({ length: 40 }, (_, i) => die(i)),
      );
      expect(records).to.have.lengthOf(40);
      expect(asked).to.be.at.most(16);
      expect(notices).to.have.lengthOf(1);
    });

    for (const [what, State, exit] of [
      ['says it runs again', { Running: true, ExitCode: 0 }, { code: 1, verified: false }],
      [
        'says it waits for its restart',
        { Running: true, Restarting: true, ExitCode: 5, OOMKilled: true, StartedAt: rfc(0) },
        { code: 5, oomKilled: true, verified: true },
      ],
      [
        'says it was started since',
        { Running: false, ExitCode: 5, StartedAt: rfc(2) },
        { code: 1, verified: false },
      ],
      ['says nonsense', 7, { code: 1, verified: false }],
    ] as const)
      it(what, async () => {
        const [records] = await told(answerJson({ State }), [die(1)]);
        expect(records[0]!.exit).to.deep.equal(exit);
      });
  });
});
