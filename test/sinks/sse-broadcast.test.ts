import { expect } from 'chai';
import { get } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { sseBroadcast } from '../../src/sinks/sse-broadcast.ts';
import type { SseBroadcastOptions } from '../../src/sinks/sse-broadcast.ts';
import { numbered, stopListening } from '../contracts/listen.ts';
import { released, resources } from '../contracts/resources.ts';
import { feedContract } from '../feed/feed-contract.ts';
import { serve } from '../feed/serving.ts';
import type { Served } from '../feed/serving.ts';
import { ask } from '../http/asking.ts';

interface EventClient {
  readonly response: IncomingMessage;
  /** All that has come. */
  readonly text: () => string;
  readonly until: (isSo: (text: string) => boolean) => Promise<void>;
  /** The same for a text that is much longer; it must come in one piece. */
  readonly untilPart: (wanted: string) => Promise<void>;
  readonly ended: Promise<void>;
}

describe('sseBroadcast', () => {
  feedContract('sseBroadcast', (options) => sseBroadcast(options));

  const served: Served[] = [];
  const open = new Set<IncomingMessage>();
  const start = async (options: SseBroadcastOptions = {}): Promise<Served> => {
    const one = await serve(sseBroadcast({ listen: '127.0.0.1:0', ...options }));
    served.push(one);
    return one;
  };
  afterEach(async () => {
    for (const response of open) response.destroy();
    open.clear();
    await Promise.all(served.splice(0).map(({ end }) => end()));
    stopListening();
  });

  /** Resolves once it has been greeted. */
  const client = async (url: string, headers: OutgoingHttpHeaders = {}): Promise<EventClient> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, { headers, agent: false }, resolve).on('error', reject);
    });
    open.add(response);
    let text = '';
    const looks = new Set<(part: string) => void>();
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      for (const look of looks) look(part);
    });
    const ended = new Promise<void>((resolve) => {
      response.on('error', () => undefined).on('close', resolve);
    });
    const until = (isSo: (text: string) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isSo(text)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      });
    const untilPart = (wanted: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (part: string): void => {
          if (!part.includes(wanted)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
      });
    await until((all) => all.includes('event: hello'));
    return { response, text: () => text, until, untilPart, ended };
  };
  const idsOf = (text: string): readonly string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id!);

  it('sends records as events of the standard, byte for byte', async () => {
    const { url, input } = await start();
    const reader = await client(url);
    input.next({ text: 'two\nlines' });
    await reader.until((text) => text.includes('two'));
    const [, name] = /"cursor":"([0-9a-f]{8})-0"/.exec(reader.text())!;
    expect(reader.text()).to.equal(
      'retry: 1000\n\n' +
        `event: hello\ndata: {"type":"hello","version":1,"pipelines":[],"cursor":"${name!}-0"}\n\n` +
        `id: ${name!}-1\ndata: {"text":"two\\nlines"}\n\n`,
    );
    expect(reader.response.headers).to.include({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it('goes on behind Last-Event-ID, or ?after', async () => {
    const { url, input } = await start();
    const first = await client(url);
    for (const record of numbered(5)) input.next(record);
    await first.until((text) => idsOf(text).length === 5);
    const ids = idsOf(first.text());
    for (const reader of [
      await client(url, { 'Last-Event-ID': ids[1]! }),
      await client(`${url}?after=${ids[1]!}`),
      // What a browser sends when it comes again to the same address is newer.
      await client(`${url}?after=${ids[0]!}`, { 'Last-Event-ID': ids[1]! }),
    ]) {
      await reader.until((text) => idsOf(text).length === 3);
      expect(idsOf(reader.text())).to.deep.equal(ids.slice(2));
    }
    const stranger = await client(url, { 'Last-Event-ID': 'deadbeef-1' });
    expect(stranger.text()).to.contain(
      'event: gap\ndata: {"type":"gap","after":"deadbeef-1","reason":"unknown-id","atLeast":0}\n\n',
    );
    expect(idsOf(stranger.text())).to.deep.equal([]);
  });

  it('filters by parameters', async () => {
    const { url, input } = await start();
    const reader = await client(`${url}?action=die&fields=action`);
    input.next({ action: 'start' });
    input.next({ action: 'die', more: 1 });
    await reader.until((text) => idsOf(text).length === 1);
    expect(reader.text()).to.contain('data: {"action":"die"}\n\n');
    expect(await ask(`${url}?action=${'x'.repeat(300)}`)).to.include({ status: 400 });
  });

  it('lets go of everything when it ends, also with clients', async () => {
    const before = await resources();
    const { url, input, heard } = await serve(sseBroadcast({ listen: '127.0.0.1:0' }));
    const reader = await client(url);
    input.next({ seq: 1 });
    input.complete();
    await heard.end;
    await reader.ended;
    expect(idsOf(reader.text())).to.have.length(1);
    await released(before);
  });

  it('counts clients that are gone no more', async () => {
    const { url } = await start({ maxClients: 1 });
    const first = await client(url);
    expect(await ask(url)).to.include({ status: 503 });
    first.response.destroy();
    await first.ended;
    for (;;) {
      const { status } = await ask(url, { method: 'HEAD' });
      if (status === 200) break;
    }
    await client(url);
  });

  it('lets in only who may', async () => {
    const { url } = await start({ token: 'secret-token', origins: ['https://status.example.org'] });
    const bearer = { Authorization: 'Bearer secret-token' };
    expect(await ask(url)).to.include({ status: 401 });
    expect(await ask(url, { headers: { ...bearer, Origin: 'https://evil.example.org' } })).to.include({
      status: 403,
    });
    const guest = await client(url, { ...bearer, Origin: 'https://status.example.org' });
    expect(guest.response.headers).to.include({
      'access-control-allow-origin': 'https://status.example.org',
      'cross-origin-resource-policy': 'cross-origin',
    });
    const own = await client(`${url}?token=secret-token`);
    expect(own.response.headers).not.to.have.property('access-control-allow-origin');
    expect(own.response.headers).to.include({ 'cross-origin-resource-policy': 'same-origin' });
    expect(() => sseBroadcast({ listen: '0.0.0.0:0' })).to.throw('give it a token, or insecure: true');
  });

  it('is held up by no client that does not read', async () => {
    const { url, input } = await start({ ringBytes: 1024 * 1024 });
    const [stalled, reading] = [await client(url), await client(url)];
    stalled.response.pause();
    for (let seq = 0; seq < 400; seq += 1) {
      input.next({ seq, text: 'x'.repeat(64 * 1024) });
      if (seq % 10 === 9) await reading.untilPart(`{"seq":${seq},`);
    }
    stalled.response.resume();
    await stalled.untilPart('{"seq":399,');
    const lost = [...stalled.text().matchAll(/"type":"lost","count":(\d+)/g)].map(([, count]) =>
      Number(count),
    );
    expect(lost).to.not.deep.equal([]);
    expect(lost.reduce((sum, count) => sum + count, idsOf(stalled.text()).length)).to.equal(400);
  });

  it('has more clients than its server has connections', async () => {
    const { url, input } = await start({ maxClientsPerAddress: 200 });
    const readers: EventClient[] = [];
    for (let i = 0; i < 150; i += 1) readers.push(await client(url));
    input.next({ seq: 1 });
    await Promise.all(readers.map((reader) => reader.until((text) => idsOf(text).length === 1)));
    expect(await ask(new URL('/healthz', url).href)).to.include({ status: 200 });
  });
});
