import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { websocketBroadcast } from '../../src/sinks/websocket-broadcast.ts';
import type { WebsocketBroadcastOptions } from '../../src/sinks/websocket-broadcast.ts';
import type { RecordFrame } from '../../src/records/feed-frames.ts';
import { numbered, stopListening } from '../contracts/listen.ts';
import { released, resources } from '../contracts/resources.ts';
import { feedContract } from '../feed/feed-contract.ts';
import { serve } from '../feed/serving.ts';
import type { Served } from '../feed/serving.ts';
import { endClients, refused, socketClient } from '../feed/socket-client.ts';

const FREE = { listen: '127.0.0.1:0' };
const recordsOf = (frames: readonly RecordFrame[]): readonly unknown[] => frames.map(({ record }) => record);
const die = (name: string, more: object = {}): unknown => ({
  kind: 'docker-event',
  type: 'container',
  action: 'die',
  id: `id-of-${name}`,
  attributes: { name, image: 'nginx:1.27', 'com.docker.compose.project': 'shop' },
  ...more,
});
const sample = (id: string, cpu: number): unknown => ({
  kind: 'container-stats',
  host: 'h',
  container: { id, name: `name-of-${id}`, image: 'nginx', labels: {} },
  cpu,
});

describe('websocketBroadcast', () => {
  feedContract('websocketBroadcast', (options) => websocketBroadcast(options));

  const served: Served[] = [];
  const start = async (options: WebsocketBroadcastOptions = {}): Promise<Served> => {
    const one = await serve(websocketBroadcast({ ...FREE, ...options }));
    served.push(one);
    return one;
  };
  afterEach(async () => {
    endClients();
    await Promise.all(served.splice(0).map(({ end }) => end()));
    stopListening();
  });

  it('greets a client, and sends it every record from then on, in order', async () => {
    const { url, input } = await start();
    input.next({ seq: 'before' });
    const client = await socketClient(url);
    for (const record of numbered(3)) input.next(record);
    await client.until(() => client.records().length === 3);
    const [hello] = client.frames;
    const name = /^[0-9a-f]{8}/.exec((hello as { cursor: string }).cursor)![0];
    expect(hello).to.deep.equal({ type: 'hello', version: 1, pipelines: [], cursor: `${name}-1` });
    expect(client.records()).to.deep.equal([
      { type: 'record', id: `${name}-2`, record: { seq: 0 } },
      { type: 'record', id: `${name}-3`, record: { seq: 1 } },
      { type: 'record', id: `${name}-4`, record: { seq: 2 } },
    ]);
  });

  it('sends a record at once while there is little to send', async () => {
    const { url, input } = await start();
    const client = await socketClient(url);
    for (const [i, record] of numbered(20).entries()) {
      input.next(record);
      await client.until(() => client.records().length === i + 1);
    }
    expect(client.messages).to.have.length(21);
  });

  it('gathers records in messages where there is much to send', async () => {
    const { url, input, delivered } = await start();
    const clients = await Promise.all(Array.from({ length: 60 }, () => socketClient(url)));
    for (const record of numbered(200)) {
      input.next(record);
      await delivered(record.seq + 1);
    }
    await Promise.all(clients.map((client) => client.until(() => client.records().length === 200)));
    for (const client of clients) {
      expect(recordsOf(client.records())).to.deep.equal(numbered(200));
      expect(client.messages.length).to.be.below(150);
    }
  });

  it('sends texts of any length, and of any characters', async () => {
    const { url, input } = await start();
    const client = await socketClient(url);
    const texts = [0, 1, 60, 61, 62, 63, 120, 125, 126, 65_400, 65_500, 65_535, 65_536, 1_000_000].map(
      (length) => 'é'.repeat(length / 2).padEnd(length, '\u2028'),
    );
    for (const [i, text] of texts.entries()) {
      input.next({ text });
      await client.until(() => client.records().length === i + 1);
    }
    expect(recordsOf(client.records())).to.deep.equal(texts.map((text) => ({ text })));
  });

  it('sends the same as binary messages to who asks for them', async () => {
    const { url, input } = await start();
    const [binary, text] = [await socketClient(`${url}?format=binary`), await socketClient(url)];
    input.next({ seq: 1 });
    await binary.until(() => binary.records().length === 1);
    await text.until(() => text.records().length === 1);
    expect(binary.messages.map(({ isBinary }) => isBinary)).to.deep.equal([true, true]);
    expect(text.messages.map(({ isBinary }) => isBinary)).to.deep.equal([false, false]);
    expect(binary.frames).to.deep.equal(text.frames);
  });

  it('lets go of everything when it ends, also with clients', async () => {
    const before = await resources();
    const { url, input, heard } = await serve(websocketBroadcast(FREE));
    const client = await socketClient(url);
    input.next({ seq: 1 });
    input.complete();
    await heard.end;
    expect(await client.closed).to.deep.equal({ code: 1001, reason: 'dockrx ends' });
    expect(client.records()).to.have.length(1);
    await released(before);
  });

  describe('filters', () => {
    it('by the parameters of the URL, each list with globs', async () => {
      const { url, input } = await start();
      const all = await socketClient(url);
      const clients = await Promise.all(
        [
          'container=web-*&action=die,oom',
          'label=com.docker.compose.project%3Dsh?p',
          'kind=container-stats',
          'type=network&type=image',
          'image=nginx*',
        ].map((query) => socketClient(`${url}?${query}`)),
      );
      const records = [die('web-1'), die('db'), die('web-2', { action: 'start' }), sample('web-3', 1)];
      for (const record of records) input.next(record);
      await all.until(() => all.records().length === 4);
      input.next({ kind: 'gap', type: 'gap' });
      await Promise.all(
        clients.map((client) => client.until(() => client.records().some(({ record }) => isGap(record)))),
      );
      const seen = clients.map((client) => recordsOf(client.records()).filter((record) => !isGap(record)));
      expect(seen).to.deep.equal([
        [records[0]],
        [records[0], records[1], records[2]],
        [records[3]],
        [],
        records,
      ]);
    });

    it('fields', async () => {
      const { url, input } = await start();
      const client = await socketClient(
        `${url}?fields=action,attributes.name,nothing,attributes.name.deeper`,
      );
      input.next(die('web'));
      await client.until(() => client.records().length === 1);
      expect(recordsOf(client.records())).to.deep.equal([{ action: 'die', attributes: { name: 'web' } }]);
    });

    it('otherwise, once a message says so, without missing or repeating a record', async () => {
      const { url, input } = await start();
      const client = await socketClient(`${url}?action=die`);
      input.next(die('one'));
      await client.until(() => client.records().length === 1);
      client.socket.send(JSON.stringify({ type: 'subscribe', filters: { container: ['two'] } }));
      await client.until(() => client.frames.at(-1)!.type === 'subscribed');
      for (const record of [die('one'), die('two'), die('two', { action: 'start' })]) input.next(record);
      await client.until(() => client.records().length === 3);
      expect(client.frames.find(({ type }) => type === 'subscribed')).to.deep.equal({
        type: 'subscribed',
        filters: { container: ['two'] },
      });
      expect(client.records().map(({ record }) => (record as { action: string }).action)).to.deep.equal([
        'die',
        'die',
        'start',
      ]);
    });

    it('refuses what it does not understand', async () => {
      const { url } = await start();
      expect(await refused(`${url}?format=xml`)).to.deep.equal({
        status: 400,
        text: '"format" must be text or binary',
      });
      expect(await refused(`${url}?action=${'x'.repeat(201)}`)).to.include({ status: 400 });
      const client = await socketClient(url);
      for (const [message, says] of [
        ['{', 'JSON'],
        ['{"type":"delete"}', 'a message must be {"type":"subscribe","filters":{…}}'],
        ['{"type":"subscribe","filters":{"no":["x"]}}', 'there is no filter "no"'],
        ['{"type":"subscribe","filters":{"action":"die"}}', '"action" must be a list'],
        ['null', 'a message must be'],
      ] as const) {
        const had = client.frames.length;
        client.socket.send(message);
        await client.until(() => client.frames.length > had);
        expect(client.frames.at(-1)).to.have.property('type', 'error');
        expect(client.frames.at(-1)).to.have.property('message').that.contains(says);
      }
    });

    it('in a time that no glob makes long', async () => {
      const { url, input } = await start();
      const client = await socketClient(`${url}?container=${'*a'.repeat(90)}b,last`);
      input.next(die('a'.repeat(5_000)));
      input.next(die('last'));
      await client.until(() => client.records().length === 1);
    }).timeout(5_000);
  });

  describe('goes on behind a record', () => {
    it('that it still has in memory', async () => {
      const { url, input, delivered } = await start();
      const first = await socketClient(url);
      for (const record of numbered(5)) input.next(record);
      await first.until(() => first.records().length === 5);
      await delivered(5);
      const second = await socketClient(`${url}?after=${first.records()[1]!.id}`);
      input.next({ seq: 5 });
      await second.until(() => second.records().length === 4);
      expect(recordsOf(second.records())).to.deep.equal(numbered(6).slice(2));
      expect(second.frames.map(({ type }) => type)).to.deep.equal([
        'hello',
        ...Array<string>(4).fill('record'),
      ]);
    });

    it('with the newest sample of each container, and every event', async () => {
      const { url, input, delivered } = await start();
      const first = await socketClient(url);
      input.next(die('start'));
      for (const cpu of [1, 2, 3]) for (const id of ['a', 'b']) input.next(sample(id, cpu));
      input.next(die('middle'));
      input.next(sample('a', 4));
      await delivered(9);
      await first.until(() => first.records().length === 9);
      const second = await socketClient(`${url}?after=${first.records()[0]!.id}`);
      await second.until(() => second.records().length === 3);
      expect(recordsOf(second.records())).to.deep.equal([sample('b', 3), die('middle'), sample('a', 4)]);
      expect(second.records()).to.deep.equal(first.records().slice(6));
    });

    it('and says so where that one is unknown, and sends nothing old', async () => {
      const { url, input, delivered } = await start();
      input.next({ seq: 0 });
      await delivered(1);
      for (const after of ['deadbeef-1', 'nonsense', '0', 'deadbeef-99999999999999999999']) {
        const client = await socketClient(`${url}?after=${after}`);
        input.next({ seq: after });
        await client.until(() => client.records().length === 1);
        expect(client.frames[1]).to.deep.equal({ type: 'gap', after, reason: 'unknown-id', atLeast: 0 });
        expect(recordsOf(client.records())).to.deep.equal([{ seq: after }]);
      }
    });

    it('that it has no more: says how much is missing, and goes on with what there is', async () => {
      const { url, input, delivered } = await start({ ringBytes: 2_000 });
      const first = await socketClient(url);
      for (const record of numbered(100)) input.next(record);
      await delivered(100);
      await first.until(() => first.records().length === 100);
      const after = first.records()[9]!.id;
      const second = await socketClient(`${url}?after=${after}`);
      await second.until(() => second.records().at(-1)?.id === first.records().at(-1)!.id);
      const kept = second.records().length;
      expect(kept).to.be.within(5, 50);
      expect(second.frames[1]).to.deep.equal({ type: 'gap', after, reason: 'too-old', atLeast: 90 - kept });
      expect(second.records()).to.deep.equal(first.records().slice(-kept));
    });
  });

  describe('a client that does not read', () => {
    const large = (seq: number): unknown => ({ seq, text: 'x'.repeat(64 * 1024) });

    it('holds up neither the others nor the pipeline, and gets what it missed', async () => {
      const { url, input, delivered } = await start({
        ringBytes: 64 * 1024 * 1024,
        clientBytes: 64 * 1024 * 1024,
      });
      const [stalled, reading] = [await socketClient(url), await socketClient(url)];
      stalled.stall();
      for (let seq = 0; seq < 400; seq += 1) {
        input.next(large(seq));
        if (seq % 10 === 9) await reading.until(() => reading.records().length === seq + 1);
      }
      await delivered(400);
      stalled.goOn();
      await stalled.until(() => stalled.records().length === 400);
      expect(recordsOf(stalled.records())).to.deep.equal(recordsOf(reading.records()));
    });

    it('is told how much it has lost', async () => {
      const { url, input } = await start({ ringBytes: 1024 * 1024 });
      const [stalled, reading] = [await socketClient(url), await socketClient(url)];
      stalled.stall();
      for (let seq = 0; seq < 400; seq += 1) {
        input.next(large(seq));
        if (seq % 10 === 9) await reading.until(() => reading.records().length === seq + 1);
      }
      stalled.goOn();
      await stalled.until(() => stalled.records().at(-1)?.id === reading.records().at(-1)!.id);
      const lost = stalled.frames.flatMap((frame) => (frame.type === 'lost' ? frame.count : []));
      expect(lost).to.have.length(1);
      expect(stalled.records().length + lost[0]!).to.equal(400);
      const at = stalled.frames.findIndex(({ type }) => type === 'lost') - 1;
      expect(recordsOf(stalled.records())).to.deep.equal([
        ...recordsOf(reading.records()).slice(0, at),
        ...recordsOf(reading.records()).slice(at + lost[0]!),
      ]);
    });

    it('is sent away when it is too far behind for too long', async () => {
      const { url, input, heard } = await start({ clientBytes: 1, graceMs: 1 });
      const [stalled, reading] = [await socketClient(url), await socketClient(url)];
      stalled.stall();
      for (let seq = 0; seq < 400; seq += 1) {
        input.next(large(seq));
        if (seq % 10 === 9) await reading.until(() => reading.records().length === seq + 1);
      }
      await heard.until(() => notices(heard).some((message) => message.includes('reads too slowly')));
      stalled.goOn();
      expect(await stalled.closed).to.deep.equal({ code: 1013, reason: 'it reads too slowly' });
    });

    it('is cut off when it does not answer a ping', async () => {
      const { url, input } = await start({ pingMs: 20 });
      const [stalled, reading] = [await socketClient(url, { autoPong: false }), await socketClient(url)];
      expect((await stalled.closed).code).to.equal(1006);
      input.next({ seq: 1 });
      await reading.until(() => reading.records().length === 1);
    });
  });

  describe('lets in only who may', () => {
    it('refuses to be open to other machines without a token', () => {
      for (const listen of ['0.0.0.0:0', '[::]:0', '192.0.2.1:9808'])
        expect(() => websocketBroadcast({ listen })).to.throw('give it a token, or insecure: true');
      expect(() => websocketBroadcast({ listen: '0.0.0.0:0', token: 'secret-token' })).not.to.throw();
      expect(() => websocketBroadcast({ listen: '0.0.0.0:0', insecure: true })).not.to.throw();
    });

    it('with a token where there is one: as a header, or in the URL', async () => {
      const { url } = await start({ token: 'secret-token' });
      expect(await refused(url)).to.include({ status: 401 });
      expect(await refused(`${url}?token=wrong-token`)).to.include({ status: 401 });
      expect(await refused(url, { headers: { Authorization: 'Bearer wrong-token' } })).to.include({
        status: 401,
      });
      await socketClient(`${url}?token=secret-token`);
      await socketClient(url, { headers: { Authorization: 'Bearer secret-token' } });
    });

    it('no web page of another origin, unless it is allowed', async () => {
      const { url } = await start({ origins: ['https://status.example.org'] });
      const { host, port } = new URL(url);
      for (const origin of [
        'https://evil.example.org',
        'null',
        'http://localhost.evil.org',
        `http://127.0.0.1:${+port + 1}`,
      ])
        expect(await refused(url, { origin }), origin).to.include({ status: 403 });
      for (const origin of [`http://${host}`, `https://${host}`, 'https://status.example.org'])
        await socketClient(url, { origin });
    });

    it('nobody who calls it by another name', async () => {
      const { url } = await start();
      expect(await refused(url, { headers: { Host: 'evil.example.org' } })).to.include({ status: 403 });
    });

    it('so many clients, and so many of an address', async () => {
      const { url, input } = await start({ maxClients: 2 });
      const clients = [await socketClient(url), await socketClient(url)];
      expect(await refused(url)).to.deep.equal({
        status: 503,
        text: 'There are 2 clients already: no more are let in.',
      });
      clients[0]!.socket.close();
      await clients[0]!.closed;
      const third = await socketClient(url);
      input.next({ seq: 1 });
      await third.until(() => third.records().length === 1);
      const other = await start({ maxClientsPerAddress: 1 });
      await socketClient(other.url);
      expect(await refused(other.url))
        .to.have.property('text')
        .that.contains('of your address');
    });

    it('says what it is to who does not speak its protocol', async () => {
      const { url } = await start();
      const response = await fetch(url.replace('ws', 'http'));
      expect(response.status).to.equal(426);
      expect(await response.text()).to.contain('This is a WebSocket');
      expect(await refused(`${url}-elsewhere`)).to.include({ status: 404 });
    });
  });

  describe('lets nobody disturb the others', () => {
    for (const [what, act, code] of [
      ['a message that is too large', (send) => send(0x1, Buffer.alloc(17 * 1024, 'x')), 1009],
      ['bad UTF-8', (send) => send(0x1, Buffer.from([0xc3, 0x28])), 1007],
      ['an unknown frame', (send) => send(0x3, Buffer.alloc(0)), 1002],
      [
        'too many messages',
        (send) => {
          for (let i = 0; i < 30; i += 1) send(0x1, Buffer.from('{}'));
        },
        1008,
      ],
      [
        'too many pings',
        (send) => {
          for (let i = 0; i < 30; i += 1) send(0x9, Buffer.from('?'));
        },
        1008,
      ],
    ] as readonly (readonly [string, (send: (opcode: number, payload: Buffer) => void) => void, number])[])
      it(`by ${what}`, async () => {
        const { url, input } = await start();
        const [bad, good] = [await socketClient(url), await socketClient(url)];
        const wire = (bad.socket as unknown as { _socket: { write: (bytes: Buffer) => void } })._socket;
        act((opcode, payload) => wire.write(masked(opcode, payload)));
        expect((await bad.closed).code).to.equal(code);
        input.next({ seq: 1 });
        await good.until(() => good.records().length === 1);
      });

    it('by handshakes that never come to an end', async () => {
      const { url, input } = await start();
      const good = await socketClient(url);
      const { hostname, port } = new URL(url);
      const slow = await Promise.all(
        Array.from({ length: 90 }, async () => {
          const socket = connect(Number(port), hostname).on('error', () => undefined);
          await once(socket, 'connect');
          socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n');
          return socket;
        }),
      );
      input.next({ seq: 1 });
      await good.until(() => good.records().length === 1);
      const another = await socketClient(url);
      input.next({ seq: 2 });
      await another.until(() => another.records().length === 1);
      for (const socket of slow) socket.destroy();
    });

    it('by 10,000 connections in a row', async () => {
      const { url, input } = await start();
      const good = await socketClient(url);
      const { hostname, port } = new URL(url);
      const before = await resources();
      for (let i = 0; i < 100; i += 1)
        await Promise.all(
          Array.from({ length: 100 }, async (_, j) => {
            const socket = connect(Number(port), hostname).on('error', () => undefined);
            await once(socket, 'connect');
            if (j % 2 === 0) socket.write('GET /ws HTTP/1.1\r\n');
            socket.destroy();
          }),
        );
      await released(before);
      input.next({ seq: 1 });
      await good.until(() => good.records().length === 1);
      await socketClient(url);
    }).timeout(60_000);

    it('by 100 clients that come and go', async () => {
      const { url, input } = await start();
      const good = await socketClient(url);
      const before = await resources();
      for (let i = 0; i < 20; i += 1) {
        const clients = await Promise.all(Array.from({ length: 5 }, () => socketClient(url)));
        for (const [j, { socket }] of clients.entries())
          if (j % 2 === 0) socket.terminate();
          else socket.close();
        await Promise.all(clients.map(({ closed }) => closed));
      }
      await released(before);
      input.next({ seq: 1 });
      await good.until(() => good.records().length === 1);
    });
  });
});

const isGap = (record: unknown): boolean => (record as { kind?: unknown }).kind === 'gap';
const notices = (heard: Served['heard']): readonly string[] =>
  heard.signals.flatMap((signal) => (signal.type === 'notice' ? signal.message : []));

/** A frame as a client sends it. */
function masked(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 6 : 8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (payload.length < 126 ? payload.length : 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
