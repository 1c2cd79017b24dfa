import { expect } from 'chai';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { BehaviorSubject } from 'rxjs';
import { traitsOf } from '../../src/core/define-source.ts';
import { isRetryable } from '../../src/core/errors.ts';
import { onFact } from '../../src/core/facts.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Json, Source } from '../../src/core/types.ts';
import type { CadvisorEvent } from '../../src/records/cadvisor-event.ts';
import type { Gap } from '../../src/records/gap.ts';
import { cadvisorEvents, type CadvisorEventsOptions } from '../../src/sources/cadvisor-events.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { recorded, recordedObjects } from './cadvisor-events/fixtures.ts';
import { cadvisorServer, created, deleted, idOf, type CadvisorServer } from './cadvisor-events-server.ts';
import { collecting } from './collecting.ts';
import { becomes, hear, stopHearing, type Hearing } from './hear.ts';

type Heard = Hearing<CadvisorEvent | Gap>;

const eventsOf = ({ records }: Heard): readonly CadvisorEvent[] =>
  records.filter((record) => record.kind === 'cadvisor-event');
const shown = (heard: Heard): readonly string[] =>
  heard.records.map((record) =>
    record.kind === 'gap'
      ? `gap ${record.reason}`
      : `${record.type} ${record.cgroup}${record.replayed === true ? ' replayed' : ''}`,
  );

{
  let cadvisor: CadvisorServer;
  let refusing: CadvisorServer;
  let happened = 0;
  sourceContract(
    'cadvisorEvents',
    async () => {
      cadvisor = await cadvisorServer();
      refusing = await cadvisorServer();
      refusing.answers.stream = (response) => response.writeHead(404).end('404 page not found');
      const make = (address: string): Source<unknown> =>
        cadvisorEvents({ addresses: address, engine: false });
      return {
        make: () => make(cadvisor.address),
        makeRefused: () => make(refusing.address),
        happen: () => {
          happened += 1;
          cadvisor.emit(deleted(`/docker/${idOf(happened)}`, happened));
          return Promise.resolve();
        },
        served: () => cadvisor.listeners(),
        goAway: () => cadvisor.down(),
        comeBack: () => cadvisor.up(),
      };
    },
    async () => {
      if (cadvisor.listeners() >= 0) await cadvisor.down().catch(() => undefined);
      await refusing.down();
    },
    (record) => (record as CadvisorEvent).timestamp,
  );
}

describe('cadvisorEvents', () => {
  let cadvisor: CadvisorServer;
  const servers: { readonly down: () => Promise<void> }[] = [];
  const serve = async (): Promise<CadvisorServer> => {
    const server = await cadvisorServer();
    servers.push(server);
    return server;
  };
  const make = (options: CadvisorEventsOptions = {}): Source<CadvisorEvent | Gap> =>
    cadvisorEvents({ addresses: cadvisor.address, engine: false, ...options });
  const connected = (heard: Heard, times = 1): Promise<void> =>
    heard.until(({ facts }) => facts.filter(({ type }) => type === 'connected').length >= times);
  beforeEach(async () => (cadvisor = await serve()));
  afterEach(async () => {
    stopHearing();
    for (const server of servers.splice(0)) await server.down();
  });

  it('opens the stream first, and then asks for all that is kept', async () => {
    await connected(hear(make()));
    expect(cadvisor.requests.slice(0, 2)).to.deep.equal([
      'GET /api/v1.3/events/?all_events=true&subcontainers=true&stream=true',
      'GET /api/v1.3/events/?all_events=true&subcontainers=true&max_events=-1',
    ]);
  });

  for (const version of ['0.33.1', '0.38.7', '0.60.5'])
    it(`tells all of a recorded stream and none of it again (${version})`, async () => {
      const streamed = recordedObjects(`stream-v${version}.raw.http`);
      const heard = hear(make());
      await connected(heard);
      for (const event of streamed) cadvisor.emit(event);
      await heard.until(() => heard.records.length === streamed.length);
      expect(eventsOf(heard).map(({ timestamp }) => timestamp)).to.deep.equal(
        streamed.map((event) => (event as { timestamp: string }).timestamp),
      );
      cadvisor.cut();
      expect(isRetryable(await heard.failure)).to.equal(true);
    });

  it('tells what was kept from before as such, in the order in which it must have happened', async () => {
    cadvisor.kept = [created('/a', 1), created('/a', 1), deleted('/a', 5), created('/b', 6)];
    const heard = hear(make());
    await heard.until(({ records }) => records.length === 4);
    cadvisor.emit(deleted('/b', 9));
    await heard.until(({ records }) => records.length === 5);
    expect(shown(heard)).to.deep.equal([
      'containerCreation /a replayed',
      'containerDeletion /a replayed',
      'containerCreation /a replayed',
      'containerCreation /b replayed',
      'containerDeletion /b',
    ]);
  });

  it('tells once what happens while it asks for what is kept', async () => {
    let answerNow = (): void => undefined;
    cadvisor.answers.list = (response) => {
      answerNow = () => void response.end(JSON.stringify(cadvisor.kept.slice(0, 3)));
    };
    const heard = hear(make());
    await becomes(() => cadvisor.listeners() === 1 && cadvisor.requests.length === 3);
    cadvisor.kept = [created('/old', 0)];
    for (const event of [created('/a', 1), deleted('/a', 2), created('/a', 1)]) cadvisor.emit(event);
    await becomes(() => heard.counts.held === 3);
    answerNow();
    await heard.until(({ records }) => records.length === 4);
    expect(shown(heard)).to.deep.equal([
      'containerCreation /old replayed',
      'containerCreation /a',
      'containerDeletion /a',
      'containerCreation /a',
    ]);
  });

  it('goes on in a later run from its cursor', async () => {
    const first = make();
    cadvisor.kept = [created('/a', 1), created('/b', 1), deleted('/a', 4)];
    const heard = hear(first);
    await heard.until(({ records }) => records.length === 3);
    heard.stop();
    const place = JSON.parse(JSON.stringify(traitsOf(first).cursor!.read())) as Json;
    cadvisor.kept.push(created('/a', 1), deleted('/b', 7));
    const second = make();
    traitsOf(second).cursor!.restore(place);
    const later = hear(second);
    await later.until(({ records }) => records.length === 2);
    expect(shown(later)).to.deep.equal(['containerCreation /a replayed', 'containerDeletion /b replayed']);
    expect(later.counts).to.include({ received: 5, deduplicated: 3 });
  });

  it('keeps no place before it was connected, and refuses one that is none', () => {
    const { cursor } = traitsOf(make());
    expect(cursor!.read()).to.equal(undefined);
    expect(() => cursor!.restore({ [cadvisor.host]: { seenAt: 7 } })).to.throw(/not the place/);
  });

  for (const version of ['0.33.1', '0.60.5'])
    it(`tells a gap and nothing twice when cAdvisor is restarted (${version})`, async () => {
      cadvisor.kept = [...recordedObjects(`restart-v${version}-before.json`)];
      const source = make();
      const heard = hear(source);
      await heard.until(({ records }) => records.length === cadvisor.kept.length);
      cadvisor.cut();
      await heard.failure;
      const before = new Set(eventsOf(heard).map(({ cgroup }) => cgroup));
      cadvisor.kept = [...recordedObjects(`restart-v${version}-after.json`)];
      const again = hear(source);
      await connected(again);
      cadvisor.emit(deleted('/end', 1));
      await again.until(() => eventsOf(again).some(({ cgroup }) => cgroup === '/end'));
      const [gap, ...news] = again.records;
      expect(gap).to.include({ kind: 'gap', reason: 'cadvisor-restarted', host: cadvisor.host });
      expect((gap as Gap).fromTime <= (gap as Gap).toTime).to.equal(true);
      for (const event of news as CadvisorEvent[])
        if (event.type !== 'containerDeletion')
          expect(before.has(event.cgroup), event.cgroup).to.equal(false);
      expect(again.facts.filter(({ type }) => type === 'notice')).to.have.lengthOf(1);
    });

  it('tells no gap when only the connection was cut', async () => {
    cadvisor.kept = [created('/a', 1), created('/b', 1), deleted('/b', 3)];
    const source = make();
    const heard = hear(source);
    await heard.until(({ records }) => records.length === 3);
    cadvisor.cut();
    await heard.failure;
    cadvisor.kept.push(deleted('/a', 5));
    const again = hear(source);
    await again.until(({ records }) => records.length === 1);
    expect(shown(again)).to.deep.equal(['containerDeletion /a replayed']);
  });

  it('notices by the list what the stream did not bring, tells it, and opens another', async () => {
    const heard = hear(make({ reconcileMs: 20 }));
    await connected(heard);
    cadvisor.emit(created('/a', 1));
    cadvisor.kept.push(created('/b', 2), deleted('/a', 3));
    expect(isRetryable(await heard.failure)).to.equal(true);
    expect(String(heard.error)).to.contain('did not bring 2 events');
    expect(shown(heard)).to.deep.equal([
      'containerCreation /a',
      'containerCreation /b replayed',
      'containerDeletion /a replayed',
    ]);
  });

  it('gives events of the year 1 the time at which they came, and tells no other twice for it', async () => {
    const heard = hear(make());
    await connected(heard);
    cadvisor.write(
      '{"container_name":"/a","timestamp":"0001-01-01T00:00:00Z","event_type":"containerCreation"}\n',
    );
    cadvisor.emit(deleted('/a', 3));
    await heard.until(({ records }) => records.length === 2);
    const [creation] = eventsOf(heard);
    expect(creation!.time).to.equal(creation!.receivedAt);
    expect(creation!.timestamp).to.equal('0001-01-01T00:00:00Z');
  });

  it('passes over lines that are too long, no JSON or no event, and counts them', async () => {
    const heard = hear(make());
    await connected(heard);
    cadvisor.write(`{"container_name":"${'x'.repeat(300_000)}\n`);
    cadvisor.write('<html>\nnull\n{"container_name":7}\n');
    cadvisor.emit(deleted('/a', 3));
    await heard.until(({ records }) => records.length === 1);
    const rejected = heard.facts.flatMap((fact) => (fact.type === 'rejected' ? [fact.reason] : []));
    expect(rejected).to.deep.equal(['too-long', 'invalid-json', 'not-an-event', 'not-an-event']);
    expect(heard.counts.received).to.equal(5);
  });

  it('never holds more than its bounds of a line without an end', async () => {
    const heard = hear(make());
    await connected(heard);
    for (let i = 0; i < 64; i += 1) cadvisor.write('x'.repeat(256 * 1024));
    cadvisor.write('\n');
    cadvisor.emit(deleted('/a', 3));
    await heard.until(({ records }) => records.length === 1);
    expect(heard.facts.filter(({ type }) => type === 'rejected')).to.have.lengthOf(1);
  });

  it('takes `null` for an empty list', async () => {
    cadvisor.answers.list = (response) => response.end('null');
    await connected(hear(make()));
  });

  const failing: Readonly<Record<string, [body: string, status: number, says: RegExp]>> = {
    'an error': ['unknown request type "events"\n', 500, /answered 500.*unknown request type/],
    'a page': ['<html></html>', 200, /no cAdvisor|answered 200/],
    garbage: ['[] garbage', 200, /no JSON.*garbage/],
    'no list': ['{"message":"busy"}', 200, /not a list/],
    nothing: ['', 200, /no JSON/],
  };
  for (const [what, [body, status, says]] of Object.entries(failing))
    it(`errs, to be tried again, when ${what} is answered for the list`, async () => {
      cadvisor.answers.list = (response) => {
        const type = body.startsWith('<') ? 'text/html' : 'text/plain';
        response.writeHead(status, { 'Content-Type': type }).end(body);
      };
      const heard = hear(make());
      expect(isRetryable(await heard.failure)).to.equal(true);
      expect(String(heard.error)).to.match(says).and.contain(cadvisor.host);
      await becomes(() => cadvisor.listeners() === 0);
    });

  it('errs, to be tried again, when its stream is answered by an error', async () => {
    cadvisor.answers.stream = (response) => response.writeHead(500).end('broken');
    const heard = hear(make());
    expect(isRetryable(await heard.failure)).to.equal(true);
  });

  it('errs for good when a page is answered for the stream, but not once it was a cAdvisor', async () => {
    const page = (response: ServerResponse): void => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html></html>');
    };
    cadvisor.answers.stream = page;
    const source = make();
    const heard = hear(source);
    expect(isRetryable(await heard.failure)).to.equal(false);
    expect(String(heard.error)).to.contain('is no cAdvisor');
    delete cadvisor.answers.stream;
    const right = hear(source);
    await connected(right);
    right.stop();
    cadvisor.answers.stream = page;
    expect(isRetryable(await hear(source).failure)).to.equal(true);
  });

  it('errs, to be tried again, when what it asks is not answered in time, and says what that may be', async () => {
    cadvisor.answers.stream = () => undefined;
    const heard = hear(make({ headerTimeoutMs: 50 }));
    expect(isRetryable(await heard.failure)).to.equal(true);
    expect(String(heard.error)).to.match(/answers nothing within 0.05 s.*restart it/);
  });

  it('tells several apart, and goes on with the others when one is away', async () => {
    const other = await serve();
    const heard = hear(make({ addresses: [cadvisor.address, other.address] }));
    await connected(heard, 2);
    await cadvisor.down();
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'retrying'));
    other.emit(deleted('/b', 1));
    await heard.until(({ records }) => records.length === 1);
    await cadvisor.up();
    await connected(heard, 3);
    cadvisor.emit(deleted('/a', 2));
    await heard.until(() => eventsOf(heard).length === 2);
    expect(eventsOf(heard).map(({ host, cgroup }) => [host, cgroup])).to.deep.equal([
      [other.host, '/b'],
      [cadvisor.host, '/a'],
    ]);
    const away = heard.facts.find(({ type }) => type === 'retrying');
    expect(String((away as { error?: unknown }).error)).to.contain(cadvisor.host);
  });

  it('goes on with the others also when one is no cAdvisor, and with that one once it is', async () => {
    const other = await serve();
    cadvisor.answers.stream = (response) => response.writeHead(401).end();
    const heard = hear(make({ addresses: [cadvisor.address, other.address] }));
    await heard.until(({ facts }) => facts.some(({ type }) => type === 'retrying'));
    await connected(heard, 1);
    other.emit(deleted('/b', 1));
    await heard.until(({ records }) => records.length === 1);
    delete cadvisor.answers.stream;
    await connected(heard, 2);
    cadvisor.emit(deleted('/a', 2));
    await heard.until(() => eventsOf(heard).length === 2);
  });

  for (const [what, options] of Object.entries({
    'an address that is none': { addresses: 'cadvisor:8080' },
    'an address with a query': { addresses: 'http://h:1/?a=b' },
    'no address': { addresses: [] },
    'one address twice': { addresses: ['http://h:1', 'http://h:1/'] },
    'a period of none': { reconcileMs: 0 },
    'a period without an end': { reconcileMs: Infinity },
  }))
    it(`refuses ${what}`, () => {
      expect(() => cadvisorEvents(options)).to.throw(/cadvisorEvents: .* must be/);
    });

  it('shows no password', async () => {
    const withSecret = cadvisor.address.replace('//', '//me:EXAMPLE-1@');
    const heard = hear(make({ addresses: withSecret }));
    await connected(heard);
    cadvisor.emit(deleted('/a', 1));
    await heard.until(({ records }) => records.length === 1);
    await cadvisor.down();
    await heard.failure;
    await cadvisor.up();
    expect(JSON.stringify([heard.records, heard.facts, String(heard.error)])).to.not.contain('EXAMPLE');
  });

  describe('with recorded bytes', () => {
    let server: Server;
    let sockets: Socket[];
    /** Answers the stream with these bytes, in pieces, and everything else as an empty list. */
    const playing = async (bytes: Buffer, pieceBytes: number): Promise<string> => {
      sockets = [];
      server = createServer((socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined);
        socket.once('data', (request) => {
          if (!request.toString().includes('stream=true')) {
            socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]');
            return;
          }
          for (let at = 0; at < bytes.length; at += pieceBytes)
            socket.write(bytes.subarray(at, at + pieceBytes));
        });
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    };
    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });

    for (const pieceBytes of [7, 1_000_000])
      it(`reads a stream in pieces of ${pieceBytes} bytes`, async () => {
        const address = await playing(recorded('stream-v0.60.5.raw.http'), pieceBytes);
        const heard = hear(make({ addresses: address }));
        const expected = recordedObjects('stream-v0.60.5.raw.http');
        await heard.until(({ records }) => records.length === expected.length);
        expect(heard.counts.deduplicated).to.equal(0);
      });

    it('errs, to be tried again, when cAdvisor is stopped, and has told what came before', async () => {
      const address = await playing(recorded('stop-v0.60.5.raw.http'), 1_000);
      const heard = hear(make({ addresses: address }));
      await heard.until(({ records }) => records.length === 2);
      for (const socket of sockets) socket.end();
      expect(isRetryable(await heard.failure)).to.equal(true);
      expect(eventsOf(heard)[1]).to.include({ type: 'containerDeletion', exitCode: 9 });
    });

    it('reads until cAdvisor has closed the connection, and waits for that', async () => {
      const address = await playing(recorded('stream-v0.60.5.raw.http'), 1_000_000);
      const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      let sent = 0;
      server.on('connection', (socket: Socket) => {
        // It has more to say when it hears that we go, more than the buffers on the way hold: it would wait for ever.
        socket.allowHalfOpen = true;
        socket.on('end', () => {
          const send = (): void => {
            if (sent === 256) return void socket.end('0\r\n\r\n');
            sent += 1;
            socket.write(piece, send);
          };
          send();
        });
      });
      const source = make({ addresses: address });
      const heard = hear(source);
      await heard.until(({ records }) => records.length > 0);
      heard.stop();
      await traitsOf(source).released!();
      expect(sent).to.equal(256);
    });

    it('errs, to be tried again, when the connection is closed without an answer', async () => {
      const address = await playing(Buffer.alloc(0), 1);
      server.prependListener('connection', (socket: Socket) => void socket.once('data', () => socket.end()));
      const heard = hear(make({ addresses: address }));
      expect(isRetryable(await heard.failure)).to.equal(true);
    });
  });

  describe('while the sinks are full', () => {
    it('reads on, keeps the newest within its bounds, and counts what it drops', async () => {
      const sink = collecting<CadvisorEvent | Gap>({ capacity: 4 });
      const stop = new AbortController();
      sink.hold();
      const isConnected = new Promise<void>((resolve) => {
        const forget = onFact(({ pipeline: name, type }) => {
          if (name !== 'slow' || type !== 'connected') return;
          forget();
          resolve();
        });
      });
      const run = runPipeline(pipeline('slow', make({ bufferBytes: 20_000 }), sink.sink), {
        stop: stop.signal,
      });
      await isConnected;
      for (let i = 0; i < 200; i += 1) cadvisor.emit(deleted(`/c${i}`, i));
      const source = (): ReturnType<typeof run.stages>[number] => run.stages()[0]!;
      await becomes(() => source().received === 200);
      const { dropped, inFlight } = source();
      expect(dropped['buffer-full']).to.be.above(50);
      expect(inFlight).to.be.within(20, 60);
      sink.release();
      await sink.until((records) => records.some((record) => (record as CadvisorEvent).cgroup === '/c199'));
      stop.abort();
      const { stages } = await run.done;
      const [{ received, delivered, dropped: lost }] = stages as [(typeof stages)[number]];
      expect(received).to.equal(delivered + lost['buffer-full']!);
      // Dropped is dropped: another look does not bring it.
      const names = sink.records.map((record) => (record as CadvisorEvent).cgroup);
      expect(new Set(names).size).to.equal(names.length);
    });

    it('has a cursor that covers only what was let through', async () => {
      const gate = new BehaviorSubject(true);
      const source = make();
      const heard = hear(source, gate);
      await connected(heard);
      cadvisor.emit(deleted('/a', 1));
      await heard.until(({ records }) => records.length === 1);
      gate.next(false);
      cadvisor.emit(deleted('/b', 2));
      cadvisor.emit(created('/c', 3));
      await becomes(() => heard.counts.held === 2);
      heard.stop();
      const again = hear(source);
      await again.until(({ records }) => records.length === 2);
      expect(shown(again)).to.deep.equal(['containerDeletion /b replayed', 'containerCreation /c replayed']);
    });

    it('tells what came before its end, before it ends', async () => {
      const gate = new BehaviorSubject(true);
      const heard = hear(make(), gate);
      await connected(heard);
      gate.next(false);
      cadvisor.emit(deleted('/a', 1));
      await becomes(() => heard.counts.held === 1);
      cadvisor.cut();
      await becomes(() => cadvisor.listeners() === 0);
      expect(heard.error).to.equal(undefined);
      gate.next(true);
      await heard.failure;
      expect(shown(heard)).to.deep.equal(['containerDeletion /a']);
    });
  });
});
