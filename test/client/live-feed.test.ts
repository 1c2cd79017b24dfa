import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { WebSocket, WebSocketServer } from 'ws';
import { liveFeed } from '../../src/client/index.ts';
import type { LiveFeedOptions, ReceivedFrame, SocketClass } from '../../src/client/index.ts';
import { websocketBroadcast } from '../../src/sinks/websocket-broadcast.ts';
import { numbered, stopListening } from '../contracts/listen.ts';
import { released, resources } from '../contracts/resources.ts';
import { serve } from '../feed/serving.ts';
import type { Served } from '../feed/serving.ts';

interface Numbered {
  readonly seq: number;
}

const QUICK = { WebSocket: WebSocket as unknown as SocketClass, minDelayMs: 1, maxDelayMs: 5 };

describe('liveFeed', () => {
  const served: Served[] = [];
  const start = async (listen = '127.0.0.1:0'): Promise<Served> => {
    const one = await serve(websocketBroadcast({ listen, token: 'secret-token' }));
    served.push(one);
    return one;
  };
  afterEach(async () => {
    await Promise.all(served.splice(0).map(({ end }) => end()));
    stopListening();
  });
  const following = (url: string, options: LiveFeedOptions = {}) => {
    const frames: ReceivedFrame<Numbered>[] = [];
    const looks = new Set<() => void>();
    const subscription = liveFeed<Numbered>(url, {
      ...QUICK,
      token: 'secret-token',
      ...options,
    }).frames.subscribe((frame) => {
      frames.push(frame);
      for (const look of looks) look();
    });
    const until = (isSo: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (isSo()) resolve();
        };
        looks.add(look);
        look();
      });
    const seqs = (): readonly number[] =>
      frames.flatMap((frame) => (frame.type === 'record' ? frame.record.seq : []));
    return { frames, seqs, until, stop: () => subscription.unsubscribe() };
  };

  it('gives what a feed says, and says when it is connected', async () => {
    const { url, input } = await start();
    const { frames, until, stop } = following(url, { filters: { fields: ['seq'] } });
    await until(() => frames.length === 2);
    input.next({ seq: 1, more: 2 });
    await until(() => frames.length === 3);
    stop();
    expect(frames.map(({ type }) => type)).to.deep.equal(['connection', 'hello', 'record']);
    expect(frames[2]).to.have.deep.property('record', { seq: 1 });
  });

  it('comes back for what it missed, also before the first record', async () => {
    const { url, input, delivered } = await start();
    const cut = cutting();
    const { frames, seqs, until, stop } = following(url, { WebSocket: cut.Socket });
    for (let i = 0; i < 5; i += 1) {
      await until(() => frames.filter(({ type }) => type === 'hello').length === i + 1);
      await until(() => seqs().length === 2 * i);
      cut.all();
      input.next({ seq: 2 * i });
      await delivered(2 * i + 1);
      input.next({ seq: 2 * i + 1 });
    }
    await until(() => seqs().length === 10);
    stop();
    expect(seqs()).to.deep.equal(numbered(10).map(({ seq }) => seq));
    expect(frames.filter(({ type }) => type === 'gap' || type === 'lost')).to.deep.equal([]);
  });

  it('tells the gap where the feed is another one, and goes on with that', async () => {
    const first = await start();
    const { host } = new URL(first.url);
    const { frames, seqs, until, stop } = following(first.url);
    await until(() => frames.length > 1);
    first.input.next({ seq: 1 });
    await until(() => seqs().length === 1);
    await first.end();
    const second = await start(host);
    await until(() => frames.some(({ type }) => type === 'gap'));
    second.input.next({ seq: 2 });
    await until(() => seqs().length === 2);
    stop();
    expect(seqs()).to.deep.equal([1, 2]);
    const away = frames.find((frame) => frame.type === 'connection' && frame.state === 'away');
    expect(away).to.include({ code: 1001 });
  });

  it('lets go of everything when it is unsubscribed, also while it waits', async () => {
    const before = await resources();
    const { url, end } = await serve(websocketBroadcast({ listen: '127.0.0.1:0' }));
    const one = following(url);
    await one.until(() => one.frames.length === 2);
    one.stop();
    const other = following(url, { minDelayMs: 60_000, maxDelayMs: 60_000 });
    await other.until(() => other.frames.length === 2);
    await end();
    await other.until(() => other.frames.length === 3);
    other.stop();
    await released(before);
  });

  it('is a loop that may be slow: it lets the connection go, and comes back', async () => {
    const { url, input, delivered } = await start();
    let connects = 0;
    const feed = liveFeed<Numbered>(url, { ...QUICK, token: 'secret-token' });
    const seqs: number[] = [];
    for await (const frame of feed) {
      if (frame.type === 'hello') {
        connects += 1;
        if (connects === 1) {
          for (const record of numbered(5_000)) input.next(record);
          await delivered(5_000);
          // All that the connection brings meanwhile waits here.
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      }
      if (frame.type === 'gap' || frame.type === 'lost') throw new Error(JSON.stringify(frame));
      if (frame.type === 'record') seqs.push(frame.record.seq);
      if (seqs.length === 5_000) break;
    }
    expect(seqs).to.deep.equal(numbered(5_000).map(({ seq }) => seq));
    expect(connects).to.be.greaterThan(1);
  });

  it('says what to do where the platform has no WebSocket', function () {
    if ('WebSocket' in globalThis) this.skip();
    let error: unknown;
    liveFeed('ws://127.0.0.1:1/ws').frames.subscribe({ error: (reason: unknown) => (error = reason) });
    expect(String(error)).to.contain('give one by the option WebSocket');
  });

  it('needs nothing of Node: it can be bundled for browsers, and is small', async () => {
    const { outputFiles } = await build({
      entryPoints: ['src/client/index.ts'],
      ...{ bundle: true, platform: 'browser', format: 'esm', minify: true, write: false, logLevel: 'silent' },
    });
    expect(outputFiles[0]!.text.length).to.be.below(20_000);
    expect(readFileSync('src/client/index.ts', 'utf8')).not.to.contain("'node:");
  });

  it('spreads clients that come back, and waits longer each time', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => socket.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const { frames, until, stop } = following(`ws://127.0.0.1:${port}/ws`, { minDelayMs: 2, maxDelayMs: 8 });
    await until(() => frames.length === 5);
    stop();
    const delays = frames.map((frame) => (frame as { delayMs: number }).delayMs);
    for (const [i, most] of [2, 4, 8, 8, 8].entries()) expect(delays[i]).to.be.within(most / 2, most);
    await new Promise((resolve) => server.close(resolve));
  });
});

/** Sockets that a test can cut off. */
function cutting(): { readonly Socket: SocketClass; readonly all: () => void } {
  const open = new Set<WebSocket>();
  class Cut extends WebSocket {
    constructor(url: string) {
      super(url);
      open.add(this);
    }
  }
  return {
    Socket: Cut as unknown as SocketClass,
    all: () => {
      for (const socket of open) socket.terminate();
      open.clear();
    },
  };
}
