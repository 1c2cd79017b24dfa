import { expect } from 'chai';
import { traitsOf } from '../../src/core/define-source.ts';
import { sseBroadcast } from '../../src/sinks/sse-broadcast.ts';
import { sse } from '../../src/sources/sse.ts';
import { stopListening } from '../contracts/listen.ts';
import { sourceContract } from '../contracts/source-contract.ts';
import { serve } from '../feed/serving.ts';
import type { Served } from '../feed/serving.ts';
import { hear, stopHearing } from './hear.ts';
import { sseServer } from './sse-server.ts';
import type { SseServer } from './sse-server.ts';

describe('sse', () => {
  let server: SseServer;

  sourceContract(
    'sse',
    async () => {
      server = await sseServer();
      return {
        make: () => sse({ url: server.url() }),
        makeRefused: () => sse({ url: server.url().replace('events', '403') }),
        happen: () => {
          server.happen();
          return Promise.resolve();
        },
        served: server.readers,
        goAway: server.goAway,
        comeBack: server.comeBack,
      };
    },
    () => server.goAway(),
    (record) => String((record as { readonly seq: number }).seq),
  );

  describe('with any server', () => {
    beforeEach(async () => (server = await sseServer()));
    afterEach(async () => {
      stopHearing();
      await server.goAway();
    });
    const reading = async (options: object = {}) => {
      const source = sse<unknown>({ url: server.url(), ...options });
      const heard = hear(source);
      await heard.until(({ facts }) => facts.length > 0);
      return { source, heard };
    };

    it('reads events of all shapes that the standard allows', async () => {
      const { heard } = await reading();
      server.write('data: {"a":\ndata:1}\n\n');
      server.write(': a comment\r\ndata: {"b":2}\r\n\r\n');
      server.write('event: other\ndata: {"not":"wanted"}\n\n');
      server.write('id: x\nretry: 10\nignored: yes\ndata: "té');
      server.write('xt"\n\n');
      server.write('data\n\ndata: null\n\n');
      await heard.until(({ records }) => records.length === 4);
      expect(heard.records).to.deep.equal([{ a: 1 }, { b: 2 }, 'téxt', null]);
      expect(heard.facts.filter(({ type }) => type === 'rejected')).to.deep.equal([
        { type: 'rejected', reason: 'invalid-json', count: 1 },
      ]);
    });

    it('reads the types that are asked for, as they are asked for', async () => {
      const { heard } = await reading({
        types: ['message', 'tick'],
        parse: ({ type, data, id }: { type: string; data: string; id: string }) =>
          data === 'skip' ? undefined : [type, data, id],
      });
      server.write('event: tick\nid: 7\ndata: one\n\ndata: skip\n\ndata: two\n\n');
      await heard.until(({ records }) => records.length === 2);
      expect(heard.records).to.deep.equal([
        ['tick', 'one', '7'],
        ['message', 'two', ''],
      ]);
      expect(heard.counts).to.include({ received: 3, filtered: 1 });
    });

    it('sends its headers, and the id of the last event also after one without', async () => {
      const { source, heard } = await reading({ headers: { Authorization: 'Bearer secret' } });
      server.write('id: 41\ndata: 1\n\ndata: 2\n\n');
      await heard.until(({ records }) => records.length === 2);
      heard.stop();
      const again = hear(source);
      await again.until(({ facts }) => facts.length > 0);
      const [first, second] = server.requests.map(({ headers }) => headers);
      expect(first).to.include({ authorization: 'Bearer secret', accept: 'text/event-stream' });
      expect(first).not.to.have.property('last-event-id');
      expect(second).to.include({ authorization: 'Bearer secret', 'last-event-id': '41' });
    });

    it('goes on from its cursor in another process', async () => {
      const { source, heard } = await reading();
      expect(traitsOf(source).cursor!.read()).to.equal(undefined);
      for (let i = 0; i < 3; i += 1) server.happen();
      await heard.until(({ records }) => records.length === 3);
      const place = traitsOf(source).cursor!.read();
      heard.stop();
      server.happen();
      const other = sse<unknown>({ url: server.url() });
      traitsOf(other).cursor!.restore(place!);
      const again = hear(other);
      await again.until(({ records }) => records.length === 1);
      expect(again.records).to.deep.equal([{ seq: 3 }]);
      expect(() => traitsOf(other).cursor!.restore({ no: 1 })).to.throw('no place in a stream');
    });

    it('emits nothing more of what came in one piece once it is unsubscribed, and reads it again', async () => {
      const { source, heard } = await reading();
      const one = hear(source);
      expect(String(await one.failure)).to.contain('read at two places');
      const taken: unknown[] = [];
      heard.stop();
      await until(() => server.readers() === 0);
      const subscription = source.subscribe((record) => {
        taken.push(record);
        subscription.unsubscribe();
      });
      await until(() => server.readers() === 1);
      server.write('id: 0\ndata: 0\n\nid: 1\ndata: 1\n\n');
      await until(() => taken.length > 0);
      expect(taken).to.deep.equal([0]);
      expect(traitsOf(source).cursor!.read()).to.deep.equal({ id: '0' });
    });

    it('rejects an event that is too large, however it comes, and reads on', async () => {
      const { source, heard } = await reading({ maxEventBytes: 1000 });
      server.write(`id: 1\ndata: "${'x'.repeat(900)}"\n\n`);
      server.write(`id: 2\ndata: "${'x'.repeat(5000)}`);
      server.write('y'.repeat(5000));
      server.write('"\n\nid: 3\ndata: 3\n\n');
      await heard.until(({ records }) => records.length === 2);
      server.write(`id: 4\r\n${'data: 1\r\n'.repeat(500)}\r\nid: 5\r\ndata: 5\r\n\r\n`);
      await heard.until(({ records }) => records.length === 3);
      expect(heard.records.slice(1)).to.deep.equal([3, 5]);
      expect(heard.facts.filter(({ type }) => type === 'rejected')).to.deep.equal(
        Array(2).fill({ type: 'rejected', reason: 'too-large', count: 1 }),
      );
      expect(traitsOf(source).cursor!.read()).to.deep.equal({ id: '5' });
    });

    it('refuses what answers otherwise at first, and waits where it has worked before', async () => {
      const { heard } = await reading();
      heard.stop();
      for (const [path, code, says] of [
        ['401', 'SOURCE_REFUSED', 'give it a token'],
        ['404', 'SOURCE_REFUSED', 'look at the address and path'],
        ['text', 'SOURCE_REFUSED', 'no stream of server-sent events'],
        ['503', 'SOURCE_UNAVAILABLE', 'status 503'],
        ['429', 'SOURCE_UNAVAILABLE', 'status 429'],
      ] as const) {
        const url = server.url().replace('events', `${path}?token=secret`);
        const error = await hear(sse({ url })).failure;
        expect(error).to.include({ code });
        expect(String(error)).to.contain(says).and.not.contain('secret');
      }
      const restored = sse({ url: server.url().replace('events', '404') });
      traitsOf(restored).cursor!.restore({ id: '1' });
      expect(await hear(restored).failure).to.include({ code: 'SOURCE_UNAVAILABLE' });
    });

    it('completes when there is no more', async () => {
      await hear(sse({ url: server.url().replace('events', '204') })).end;
    });

    it('checks its options', () => {
      expect(() => sse({} as never)).to.throw('give it the url');
      expect(() => sse({ url: 'ftp://host/' })).to.throw('url must be an http or https URL');
      expect(() => sse({ url: 'http://host/', maxEventBytes: 0 })).to.throw('maxEventBytes');
    });
  });

  describe('with another dockrx', () => {
    let feed: Served;
    beforeEach(async () => (feed = await serve(sseBroadcast({ listen: '127.0.0.1:0', ringBytes: 2_000 }))));
    afterEach(async () => {
      stopHearing();
      await feed.end();
      stopListening();
    });
    const connected = async (source = sse<unknown>({ url: feed.url })) => {
      const heard = hear(source);
      await heard.until(({ facts }) => facts.length > 0);
      return { source, heard };
    };

    it('gives its records, and goes on where it was, also before the first one', async () => {
      const { source, heard } = await connected();
      const { cursor } = traitsOf(source);
      await until(() => cursor!.read() !== undefined);
      heard.stop();
      feed.input.next({ seq: 0 });
      await feed.delivered(1);
      const again = hear(source);
      await again.until(({ records }) => records.length === 1);
      again.stop();
      feed.input.next({ seq: 1 });
      const last = hear(source);
      await last.until(({ records }) => records.length === 1);
      expect([...again.records, ...last.records]).to.deep.equal([{ seq: 0 }, { seq: 1 }]);
    });

    it('says how much is missing where it has no more', async () => {
      const { source, heard } = await connected();
      feed.input.next({ seq: 0, host: 'far', time: '2026-11-27T10:00:00Z' });
      await heard.until(({ records }) => records.length === 1);
      heard.stop();
      for (let seq = 1; seq <= 100; seq += 1) feed.input.next({ seq });
      await feed.delivered(101);
      const again = hear(source);
      await again.until(({ records }) => (records.at(-1) as { seq?: number } | undefined)?.seq === 100);
      const [gap, ...records] = again.records as readonly { atLeast: number }[];
      expect(gap).to.include({ kind: 'gap', host: new URL(feed.url).host, reason: 'feed-too-old' });
      expect(gap!.atLeast + records.length).to.equal(100);
      expect(again.counts).to.include({ added: 1, received: records.length });
    });

    it('says that something may be missing where it does not know the id, and goes on with what is new', async () => {
      const source = sse<unknown>({ url: feed.url });
      traitsOf(source).cursor!.restore({ id: 'deadbeef-7' });
      const { heard } = await connected(source);
      await heard.until(({ records }) => records.length === 1);
      expect(heard.records[0]).to.include({ kind: 'gap', reason: 'feed-unknown-id', atLeast: 0 });
      feed.input.next({ seq: 0 });
      await heard.until(({ records }) => records.length === 2);
      heard.stop();
      const again = hear(source);
      feed.input.next({ seq: 1 });
      await again.until(({ records }) => records.length === 1);
      expect(again.records).to.deep.equal([{ seq: 1 }]);
    });
  });
});

/** Resolves when it is so, for facts that nobody announces. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
