import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { of, Subject } from 'rxjs';
import { checkpointFile } from '../../src/checkpoints/checkpoint-file.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { FeedJournal } from '../../src/feed/history.ts';
import { openHistory } from '../../src/feed/history.ts';
import { websocketBroadcast } from '../../src/sinks/websocket-broadcast.ts';
import { listen, numbered, stopListening } from '../contracts/listen.ts';
import { released, resources } from '../contracts/resources.ts';
import { serve } from './serving.ts';
import type { Served } from './serving.ts';
import { endClients, socketClient } from './socket-client.ts';

const silent = (): void => undefined;

describe('the journal of a feed', () => {
  let dir = '';
  const served: Served[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dockrx-feed-'));
  });
  afterEach(async () => {
    endClients();
    await Promise.all(served.splice(0).map(({ end }) => end()));
    stopListening();
    rmSync(dir, { recursive: true, force: true });
  });
  const start = async (journal: Partial<FeedJournal> = {}, more: object = {}): Promise<Served> => {
    const options = {
      listen: '127.0.0.1:0',
      journal: { dir: join(dir, 'feed'), sync: 'never', ...journal },
      ...more,
    } as const;
    const one = await serve(websocketBroadcast(options));
    served.push(one);
    return one;
  };
  const end = async (): Promise<void> => {
    endClients();
    await Promise.all(served.splice(0).map((one) => one.end()));
  };
  const sample = (cpu: number): unknown => ({
    kind: 'container-stats',
    host: 'h',
    container: { id: 'c' },
    cpu,
  });

  it('gives clients of a later run what they missed, under the ids of before', async () => {
    const { url, input } = await start();
    const first = await socketClient(url);
    for (const record of numbered(5)) input.next(record);
    await first.until(() => first.records().length === 5);
    const ids = first.records().map(({ id }) => id);
    await end();
    const again = await start();
    again.input.next({ seq: 5 });
    await again.delivered(1);
    const second = await socketClient(`${again.url}?after=${ids[1]!}`);
    await second.until(() => second.records().length === 4);
    expect(second.frames.map(({ type }) => type)).to.deep.equal([
      'hello',
      ...Array<string>(4).fill('record'),
    ]);
    expect(second.records().map(({ record }) => record)).to.deep.equal(numbered(6).slice(2));
    expect(
      second
        .records()
        .slice(0, 3)
        .map(({ id }) => id),
    ).to.deep.equal(ids.slice(2));
  });

  it('gives what memory has no more, and of samples the newest', async () => {
    const { url, input, delivered } = await start({}, { ringBytes: 1_000 });
    const first = await socketClient(url);
    for (const record of numbered(2_000)) {
      input.next(record);
      if (record.seq % 100 === 0) input.next(sample(record.seq));
    }
    await delivered(2_020);
    await first.until(() => first.records().length >= 2_000);
    const third = await socketClient(`${url}?after=${first.records()[0]!.id}`);
    await third.until(() => (third.records().at(-1)?.record as { seq?: number } | undefined)?.seq === 1_999);
    const seqs = third.records().flatMap(({ record }) => (record as { seq?: number }).seq ?? []);
    expect(seqs).to.deep.equal(
      numbered(2_000)
        .slice(1)
        .map(({ seq }) => seq),
    );
    expect(third.frames.filter(({ type }) => type === 'gap' || type === 'lost')).to.deep.equal([]);
  });

  it('says how much is missing where it has no more either', async () => {
    const { url, input, delivered } = await start({ maxBytes: 64 * 1024 }, { ringBytes: 1_000 });
    const first = await socketClient(url);
    input.next({ seq: 0 });
    await first.until(() => first.records().length === 1);
    for (let seq = 1; seq < 300; seq += 1) {
      input.next({ seq, text: 'x'.repeat(1_000) });
      await delivered(seq + 1);
    }
    const after = first.records()[0]!.id;
    const second = await socketClient(`${url}?after=${after}`);
    await second.until(() => (second.records().at(-1)?.record as { seq?: number } | undefined)?.seq === 299);
    const [gap, ...more] = second.frames.flatMap((frame) => (frame.type === 'gap' ? frame : []));
    expect(more).to.deep.equal([]);
    expect(gap).to.deep.equal({
      type: 'gap',
      after,
      reason: 'too-old',
      atLeast: 299 - second.records().length,
    });
    expect(second.records().length).to.be.within(20, 80);
  });

  it('keeps no sample', async () => {
    const { input, delivered } = await start();
    for (let i = 0; i < 10; i += 1) input.next(sample(i));
    input.next({ seq: 1 });
    await delivered(11);
    await end();
    const history = await openHistory({ dir: join(dir, 'feed') }, undefined, silent);
    expect(history.end).to.equal(1);
    expect(await history.readerFrom(1)(1)).to.deep.equal([{ event: 1, sample: 0, text: '{"seq":1}' }]);
    await history.close();
  });

  it('rejects a record that is too large for it', async () => {
    const { input, heard } = await start({ maxBytes: 64 * 1024 });
    input.next({ text: 'x'.repeat(5_000) });
    input.next({ seq: 1 });
    await heard.until(({ received, inFlight }) => received === 2 && inFlight === 0);
    expect(heard.signals.at(-1)).to.deep.equal({ type: 'delivered', count: 1 });
  });

  it('is for one feed at a time', async () => {
    await start();
    const input = new Subject<unknown>();
    const other = listen(
      websocketBroadcast({ listen: '127.0.0.1:0', journal: { dir: join(dir, 'feed') } }),
      input,
    );
    const { error } = await other.first('retrying');
    expect(String(error)).to.contain('is in use by process');
    other.stop();
  });

  it('is let go of when the address cannot be had', async () => {
    const { url } = await start();
    const before = await resources();
    const taken = new URL(url).host;
    const failed = listen(websocketBroadcast({ listen: taken, journal: { dir: join(dir, 'other') } }), of());
    expect(await failed.end.catch((error: unknown) => error)).to.include({ code: 'SINK_REFUSED' });
    await released(before);
    await (await openHistory({ dir: join(dir, 'other') }, undefined, silent)).close();
  });

  it('knows again what comes again behind a checkpoint, in any order', async () => {
    const history = await openHistory({ dir }, undefined, silent);
    for (const text of ['a', 'b', 'c', 'b', 'd']) history.add(text);
    await history.write();
    const { name } = history;
    await history.close();
    const again = await openHistory({ dir }, { feed: name, events: 2, from: 2 }, silent);
    expect(again.name).to.equal(name);
    expect(['b', 'e', 'd', 'b', 'c'].map(again.isAgain)).to.deep.equal([true, false, true, false, true]);
    await again.close();
    const other = await openHistory({ dir }, { feed: 'anotherone', events: 2, from: 2 }, silent);
    expect(other.isAgain('d')).to.equal(false);
    await other.close();
  });

  it('knows it also after a checkpoint in the middle of that', async () => {
    const history = await openHistory({ dir }, undefined, silent);
    for (const text of ['a', 'b', 'c', 'd']) history.add(text);
    await history.write();
    const { name } = history;
    await history.close();
    const second = await openHistory({ dir }, { feed: name, events: 1, from: 1 }, silent);
    expect(second.isAgain('b')).to.equal(true);
    const place = second.place();
    expect(place).to.deep.equal({ feed: name, events: 4, from: 2 });
    await second.close();
    const third = await openHistory({ dir }, place, silent);
    expect(['d', 'c', 'e'].map(third.isAgain)).to.deep.equal([true, true, false]);
    expect(third.place()).to.deep.equal({ feed: name, events: 4, from: 4 });
    await third.close();
  });

  it('gives no number twice, also when a power cut took what a checkpoint had covered', async () => {
    const history = await openHistory({ dir }, undefined, silent);
    for (const text of ['a', 'b', 'c']) history.add(text);
    await history.write();
    const place = history.place();
    await history.close();
    for (const file of readdirSync(dir).filter((name) => name.endsWith('.segment')))
      truncateSync(join(dir, file), 100);
    const again = await openHistory({ dir }, place, silent);
    again.add('d');
    await again.write();
    expect(again.end).to.equal(4);
    expect(await again.readerFrom(1)(4)).to.deep.equal([{ event: 4, sample: 0, text: 'd' }]);
    await again.close();
  });

  it('takes part in the checkpoints of a run', async () => {
    const path = join(dir, 'run.json');
    const run = async (): Promise<void> => {
      const sink = websocketBroadcast({ listen: '127.0.0.1:0', journal: { dir: join(dir, 'feed') } });
      const { done } = runPipeline(pipeline('run', of({ seq: 1 }, { seq: 2 }), sink), {
        checkpoints: checkpointFile(path),
      });
      expect((await done).outcome).to.equal('completed');
    };
    await run();
    await run();
    const history = await openHistory({ dir: join(dir, 'feed') }, undefined, silent);
    // The source has no place: each run is new.
    expect(history.end).to.equal(4);
    await history.close();
  });
});
