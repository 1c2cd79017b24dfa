import { expect } from 'chai';
import { hostname } from 'node:os';
import { dockerEngine } from '../../src/engine/engine.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { dockerStats } from '../../src/sources/docker-stats.ts';
import { failing } from '../engine/failing.ts';
import { recordingProxy, type RecordingProxy } from '../engine/recording-proxy.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes, hear, stopHearing } from '../sources/hear.ts';

const never = new AbortController().signal;

/** Any container may be looked at, to see whether and how it ended. */
const isInspect = (path: string): boolean => /^\/containers\/[0-9a-f]{64}\/json$/.test(path);
/** Requests for events that go on, and not just for what the engine keeps. */
const streams = ({ exchanges }: RecordingProxy): number =>
  exchanges.filter(({ path, query }) => path === '/events' && !query.has('until')).length;

for (const kind of engineKinds())
  describe(`the client of a real engine (${kind})`, function () {
    this.timeout(180_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    let proxy: RecordingProxy | undefined;
    afterEach(async () => {
      stopHearing();
      await proxy?.close();
      proxy = undefined;
      await engine().removeAll();
    });

    it('knows its flavour, its newest API version and its clock', async () => {
      const connection = await dockerEngine({ address: engine().dockerHost }).connect(never);
      const version = (await engine().api('GET', '/version')) as { ApiVersion: string };
      const [major, minor] = version.ApiVersion.split('.').map(Number) as [number, number];
      expect(connection).to.include({
        address: engine().dockerHost,
        host: hostname(),
        flavour: isPodman ? 'podman' : 'docker',
        simulated: false,
        apiVersion: major * 1000 + minor,
      });
      expect(Math.abs(connection.clockMs - Date.now())).to.be.lessThan(60_000);
      connection.close();
    });

    it('lists and inspects', async () => {
      const id = await engine().docker('run', '--detach', '--name', 'web', engine().image);
      const connection = await dockerEngine({ address: engine().dockerHost }).connect(never);
      expect(await connection.containers({}, never)).to.have.lengthOf(1);
      expect(await connection.inspect(id, never)).to.have.property('Id', id);
      await failing('SOURCE_REFUSED', connection.inspect('nobody', never));
      connection.close();
    });

    it('never sends anything but a GET without a body, to the few paths it needs', async () => {
      proxy = await recordingProxy(engine().socketPath);
      const through = dockerEngine({ address: proxy.address });
      const events = hear(dockerEvents({ engine: through, filters: { type: ['container'] } }));
      const streamed = hear(dockerStats({ engine: through }));
      const polled = hear(dockerStats({ engine: through, everyMs: 500, mode: 'poll' }));
      await becomes(() => streams(proxy!) === 3);
      const id = await engine().docker('run', '--detach', '--name', 'web', engine().image);
      await streamed.until(({ records }) => records.length >= 2);
      await polled.until(({ records }) => records.length >= 2);
      await engine().docker('pause', 'web');
      await engine().docker('unpause', 'web');
      await engine().docker('exec', 'web', 'true');
      await engine().docker('restart', '--time', '0', 'web');
      await engine().docker('rename', 'web', 'other');
      await engine().remove('other');
      await events.until(({ records }) =>
        records.some((event) => event.kind !== 'gap' && ['destroy', 'remove'].includes(event.action)),
      );
      const paths = new Set(['/_ping', '/events', '/containers/json', `/containers/${id}/stats`]);
      for (const { method, path, sent, headers } of proxy.exchanges) {
        expect(method).to.equal('GET');
        expect(paths.has(path) || isInspect(path), path).to.equal(true);
        expect(sent).to.equal(0);
        expect(headers).to.not.have.any.keys(
          'content-length',
          'transfer-encoding',
          'upgrade',
          'authorization',
        );
      }
      expect(
        new Set(proxy.exchanges.map(({ path }) => path).filter((path) => !isInspect(path))),
      ).to.deep.equal(paths);
    });

    it('gives a frozen engine up, and reaches it when it is thawed', async () => {
      const client = dockerEngine({ address: engine().dockerHost, headerTimeoutMs: 500 });
      await engine().freeze();
      const message = await failing('SOURCE_UNAVAILABLE', client.connect(never)).finally(() =>
        engine().thaw(),
      );
      expect(message).to.contain(engine().dockerHost).and.contain('did not answer within 0.5 s');
      (await dockerEngine({ address: engine().dockerHost }).connect(never)).close();
    });

    it('says of a killed engine that nothing listens, and reaches it when it is back', async () => {
      const client = dockerEngine({ address: engine().dockerHost });
      const connection = await client.connect(never);
      const events = await connection.events({}, never);
      const closed = new Promise((resolve) => events.once('close', resolve));
      await engine().kill();
      await closed;
      expect(events.complete).to.equal(false);
      const message = await failing('SOURCE_UNAVAILABLE', client.connect(never));
      expect(message).to.contain('ECONNREFUSED').and.contain(engine().dockerHost);
      await engine().restart();
      (await client.connect(never)).close();
    });
  });
