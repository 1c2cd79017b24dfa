import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lane } from '../../faults/lane.ts';
import { faultyProxy, type FaultyProxy } from '../../faults/proxy.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { becomes } from '../sources/hear.ts';
import { ask, linesOf, openStream, simulators, type Lines } from '../simulator/support.ts';
import type { IncomingMessage } from 'node:http';

describe('the proxy of the fault suite', () => {
  const start = simulators();
  let folder = '';
  let simulator: Simulator;
  let proxy: FaultyProxy;
  /** for the helpers that ask a simulator: they want its socket only */
  let through: Simulator;
  let truth: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-proxy-'));
    simulator = await start();
    proxy = await faultyProxy(simulator.socketPath, join(folder, 'proxy.sock'));
    through = { ...simulator, socketPath: join(folder, 'proxy.sock') };
    truth = [];
    simulator.onLine((line) => truth.push(line));
  });
  afterEach(async () => {
    await proxy.close();
    rmSync(folder, { recursive: true });
  });

  const emit = (count = 1): void => {
    for (let i = 0; i < count; i += 1)
      simulator.emit({ type: 'volume', action: 'create', id: 'v', attributes: { note: `größe 🐳 ${i}` } });
  };
  const stream = async (): Promise<{ lines: Lines; response: IncomingMessage; bytes: () => Buffer }> => {
    const { lines, response } = await openStream(through, '/events');
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    await becomes(() => simulator.eventListeners > 0);
    return { lines, response, bytes: () => Buffer.concat(chunks) };
  };

  it('hands everything on while nothing is wrong', async () => {
    const { lines } = await stream();
    emit(300);
    expect(await lines.until(300)).to.deep.equal(truth);
    const [there, here] = await Promise.all([ask(simulator, '/_ping'), ask(through, '/_ping')]);
    expect([here.status, here.body]).to.deep.equal([200, 'OK']);
    expect({ ...here.headers, date: '' }).to.deep.equal({ ...there.headers, date: '' });
  });

  it('breaks off inside a line', async () => {
    const { lines, bytes } = await stream();
    emit();
    await lines.until(1);
    proxy.cut('line');
    emit();
    expect(await lines.over).to.equal('cut');
    expect(lines.all).to.deep.equal(truth.slice(0, 1));
    const rest = bytes().subarray(Buffer.byteLength(truth[0]!) + 1);
    expect(rest.length).to.be.within(10, Buffer.byteLength(truth[1]!) - 10);
  });

  it('breaks off inside a character', async () => {
    const { lines, bytes } = await stream();
    proxy.cut('character');
    emit();
    expect(await lines.over).to.equal('cut');
    expect(bytes().at(-1)).to.equal(Buffer.from('ö')[0]);
  });

  it('ends cleanly inside a line', async () => {
    const { lines, bytes } = await stream();
    proxy.cut('clean');
    emit();
    expect(await lines.over).to.equal('clean');
    expect(lines.all).to.deep.equal([]);
    expect(bytes().length).to.be.above(10);
  });

  it('tears lines into pieces, and loses none', async () => {
    const { lines, response } = await stream();
    let pieces = 0;
    response.on('data', () => (pieces += 1));
    proxy.tear(true);
    emit(20);
    expect(await lines.until(20)).to.deep.equal(truth);
    expect(pieces).to.be.above(100);
  });

  it('eats lines, and the tail of one', async () => {
    const { lines } = await stream();
    proxy.eatLines(2);
    emit(4);
    expect(await lines.until(2)).to.deep.equal(truth.slice(2));
    proxy.eatTail();
    emit(3);
    const [, , joined, last] = await lines.until(4);
    expect(last).to.equal(truth[6]);
    expect(joined!.endsWith(truth[5]!)).to.equal(true);
    expect(truth[4]!.startsWith(joined!.slice(0, -truth[5]!.length))).to.equal(true);
  });

  it('is half-open: swallows, answers nothing, and closes only when it is told to', async () => {
    const { lines } = await stream();
    proxy.silence(true);
    emit();
    await simulator.down();
    await simulator.up();
    proxy.silence(false);
    // What was silent stays so, what comes afterwards passes.
    expect((await ask(through, '/_ping')).status).to.equal(200);
    expect(lines.all).to.deep.equal([]);
    proxy.silence(true);
    proxy.silence(false, true);
    expect(await lines.over).to.equal('cut');
  });

  it('answers in place of the engine', async () => {
    for (const [wrong, status] of [
      [500, 500],
      [404, 404],
      ['page', 200],
    ] as const) {
      proxy.answer(wrong);
      const answer = await ask(through, '/events');
      expect(answer.status).to.equal(status);
      expect(answer.body).to.include(wrong === 'page' ? '<html>' : 'message');
    }
    proxy.answer(undefined);
    expect((await ask(through, '/_ping')).body).to.equal('OK');
  });

  it('is slow, in order', async () => {
    const { lines } = await stream();
    proxy.delay(5);
    emit(10);
    proxy.delay(0);
    emit(10);
    expect(lines.all).to.deep.equal([]);
    expect(await lines.until(20)).to.deep.equal(truth);
  });

  it('refuses, and listens again', async () => {
    const { lines } = await stream();
    await proxy.refuse();
    expect(await lines.over).to.equal('cut');
    const refused: unknown = await ask(through, '/_ping').catch((error: unknown) => error);
    expect((refused as NodeJS.ErrnoException).code).to.be.oneOf(['ENOENT', 'ECONNREFUSED']);
    await proxy.listen();
    expect((await ask(through, '/_ping')).status).to.equal(200);
  });

  it('hands the end of a stream on as it is', async () => {
    const { lines } = await stream();
    emit();
    await simulator.down();
    expect([await lines.over, lines.all]).to.deep.equal(['cut', truth]);
    await simulator.up();
    await proxy.close();
    const modern = await start({ apiVersion: '1.55' });
    proxy = await faultyProxy(modern.socketPath, join(folder, 'proxy.sock'));
    const { response } = await openStream(through, '/events');
    await becomes(() => modern.eventListeners > 0);
    const end = linesOf(response).over;
    await modern.down();
    expect(await end).to.equal('clean');
  });
});

describe('a lane', () => {
  it('keeps the order, whatever the delays', async () => {
    const later = lane();
    const done: number[] = [];
    for (const [i, ms] of [20, 0, 5, 0].entries()) later(ms, () => done.push(i));
    expect(done).to.deep.equal([]);
    await becomes(() => done.length === 4);
    later(0, () => done.push(4));
    expect(done).to.deep.equal([0, 1, 2, 3, 4]);
  });
});
