import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Simulator } from '../../src/simulator/index.ts';
import { ask, openStream, parseEvents, simulators } from './support.ts';

const emit = (simulator: Simulator, id: string): void =>
  simulator.emit({ type: 'volume', action: 'create', id, attributes: { driver: 'local' } });
const idsIn = (lines: readonly string[]): string[] => parseEvents(lines).map(({ Actor }) => Actor.ID);

/** All that it keeps. */
async function kept(simulator: Simulator, count: number): Promise<readonly string[]> {
  const { lines, response } = await openStream(simulator, '/events?since=0');
  const ids = idsIn(await lines.until(count));
  response.destroy();
  return ids;
}

describe('the faults of the simulated engine', () => {
  const start = simulators();

  it('fail: a status for the paths named, as an engine says its errors, until it is healed', async () => {
    const simulator = await start({ containers: 1 });
    simulator.faults.fail(500, /\/stats$/);
    const failed = await ask(simulator, '/v1.41/containers/shop-db-1/stats?stream=0');
    expect([failed.status, failed.headers['content-type']]).to.deep.equal([500, 'application/json']);
    const said = JSON.parse(failed.body) as object;
    // A recorded answer of an engine that refuses.
    const recorded = readFileSync(
      new URL('../fixtures/docker/stats-not-found.docker-20.10-cgroupv1.ndjson', import.meta.url),
      'utf8',
    );
    expect(Object.keys(said)).to.deep.equal(Object.keys(JSON.parse(recorded) as object));
    expect(failed.body.endsWith('\n')).to.equal(recorded.endsWith('\n'));
    expect((await ask(simulator, '/_ping')).status).to.equal(200);
    simulator.faults.fail(503);
    expect((await ask(simulator, '/_ping')).status).to.equal(503);
    simulator.faults.heal();
    expect((await ask(simulator, '/_ping')).status).to.equal(200);
  });

  it('slow: answers begin late, also a stream, and never to whom is gone', async () => {
    const simulator = await start();
    simulator.faults.slow(60_000);
    const answer = ask(simulator, '/_ping').catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(simulator.connections).to.equal(1);
    simulator.faults.cut();
    expect(await answer).to.be.instanceOf(Error);
    simulator.faults.slow(1);
    expect((await ask(simulator, '/_ping')).status).to.equal(200);
    const { lines } = await openStream(simulator, '/events?since=0');
    emit(simulator, 'one');
    expect(idsIn(await lines.until(1))).to.deep.equal(['one']);
  });

  it('cut: every connection ends, and what was written has come; the engine goes on', async () => {
    const simulator = await start();
    const { lines } = await openStream(simulator, '/events');
    emit(simulator, 'one');
    simulator.faults.cut();
    expect(await lines.over).to.equal('cut');
    expect(idsIn(lines.all)).to.deep.equal(['one']);
    expect(await kept(simulator, 1)).to.deep.equal(['one']);
  });

  it('lose: events reach no listener, and are kept', async () => {
    const simulator = await start();
    const { lines } = await openStream(simulator, '/events');
    const mourned: string[] = [];
    simulator.onSkipped((line) => mourned.push(line));
    simulator.faults.lose(2);
    for (const id of ['one', 'two', 'three']) emit(simulator, id);
    expect(idsIn(await lines.until(1))).to.deep.equal(['three']);
    expect(idsIn(mourned)).to.deep.equal(['one', 'two']);
    expect(simulator.eventsSkipped).to.equal(2);
    expect(await kept(simulator, 3)).to.deep.equal(['one', 'two', 'three']);
  });

  it('breakOff: half a line, and the end', async () => {
    const simulator = await start();
    const { response } = await openStream(simulator, '/events');
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise((resolve) => response.once('close', resolve));
    simulator.faults.breakOff();
    emit(simulator, 'one');
    await closed;
    const text = Buffer.concat(chunks).toString();
    expect(text).to.match(/^\{"/).and.not.include('\n');
    expect(text.length).to.be.within(10, 150);
    expect(response.complete).to.equal(false);
    expect(await kept(simulator, 1)).to.deep.equal(['one']);
  });

  it('send: a text as it is, between the events', async () => {
    const simulator = await start();
    const { lines } = await openStream(simulator, '/events');
    simulator.faults.send('<html>\n');
    simulator.faults.send('{"Type":');
    emit(simulator, 'one');
    const all = await lines.until(2);
    expect(all[0]).to.equal('<html>');
    expect(all[1]).to.match(/^\{"Type":\{"/);
  });

  it('refuse what makes no sense', async () => {
    const { faults } = await start();
    expect(() => faults.slow(-1)).to.throw('slow is -1');
    expect(() => faults.fail(200)).to.throw('status is 200, give a whole number from 400 to 599');
    expect(() => faults.lose(Number.NaN)).to.throw('lose is NaN');
  });
});
