import { expect } from 'chai';
import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { from, Subject } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen, numbered, ofType } from '../../contracts/listen.ts';
import { smallDisk } from '../../small-disk.ts';
import { names, parsed, textsOf } from './folders.ts';

const QUEUE = { capacity: 100_000, capacityBytes: 1e8 };

describe('ndjsonFile on a full disk', () => {
  describe('of 256 KiB', () => {
    const disk = smallDisk('size=256k');
    const path = (): string => join(disk.folder(), 'stats.ndjson');
    const records = Array.from({ length: 1500 }, (_, seq) => ({ seq, text: 'é'.repeat(seq % 50) }));
    const whole = records.map((record) => `${JSON.stringify(record)}\n`).join('');

    for (const room of [0, 4096, 40_960])
      it(`with room for ${room} bytes says so, waits, and goes on when there is room`, async () => {
        const input = new Subject<unknown>();
        const heard = listen(ndjsonFile({ path: path(), queue: QUEUE }), input);
        input.next({ seq: -1 });
        await heard.until(({ delivered }) => delivered === 1);
        await disk.leaveRoom(room);
        for (const record of records) input.next(record);
        input.complete();

        const { error } = await heard.first('retrying');
        expect(error).to.have.property('code', 'SINK_UNAVAILABLE');
        expect((error as Error).message).to.equal(
          `cannot write ${path()} (ENOSPC): the disk is full: make room; until then records wait`,
        );
        // Whole lines only, also now.
        expect(parsed(await readFile(path(), 'utf8')).length).to.be.within(1, 1500);
        await disk.giveRoom();
        const { signals, ledger } = await heard.end;
        expect(ofType(signals, 'recovered')).to.have.length(1);
        expect(ledger).to.include({ received: 1501, delivered: 1501 });
        expect(await readFile(path(), 'utf8')).to.satisfy((text: string) => text === `{"seq":-1}\n${whole}`);
      });

    it('that fills up again and again keeps every line whole, single and in order', async () => {
      const input = new Subject<unknown>();
      const heard = listen(ndjsonFile({ path: path(), queue: QUEUE }), input);
      await heard.first('open');
      for (let round = 0; round < 6; round += 1) {
        await disk.leaveRoom(2000 + 5000 * round);
        const said = ofType(heard.signals, 'retrying').length;
        for (const record of records.slice(round * 250, round * 250 + 250)) input.next(record);
        await heard.until(
          ({ inFlight }) => inFlight === 0 || ofType(heard.signals, 'retrying').length > said,
        );
        await disk.giveRoom();
        await heard.until(({ inFlight }) => inFlight === 0);
      }
      input.complete();
      const { signals } = await heard.end;
      expect(ofType(signals, 'retrying').length).to.be.greaterThan(2);
      expect(await readFile(path(), 'utf8')).to.satisfy((text: string) => text === whole);
    }).timeout(60_000);

    it('keeps what waits as it is while more comes', async () => {
      const input = new Subject<unknown>();
      const heard = listen(ndjsonFile({ path: path(), queue: QUEUE }), input);
      await heard.first('open');
      await disk.leaveRoom(10_000);
      const large = { text: 'x'.repeat(500) };
      const ofRound = (round: number): string[] =>
        Array.from({ length: 150 }, (_, seq) => JSON.stringify({ round, seq, ...large }));
      for (const line of ofRound(1)) input.next(JSON.parse(line));
      await heard.first('retrying');
      for (const line of ofRound(2)) input.next(JSON.parse(line));
      await disk.giveRoom();
      input.complete();
      await heard.end;
      const expected = [...ofRound(1), ...ofRound(2)].map((line) => `${line}\n`).join('');
      expect(await readFile(path(), 'utf8')).to.satisfy((text: string) => text === expected);
    });

    it('is abandoned at once, with whole lines in the file', async () => {
      await writeFile(path(), '');
      await disk.leaveRoom(10_000);
      const heard = listen(ndjsonFile({ path: path(), queue: QUEUE }), from(records));
      await heard.first('retrying');
      heard.stop();
      const written = parsed(await readFile(path(), 'utf8'));
      expect(written).to.deep.equal(records.slice(0, written.length));
    });

    it('is found full at the start too, and waited for', async () => {
      await writeFile(path(), '{"torn');
      await disk.leaveRoom(0);
      const heard = listen(ndjsonFile({ path: path() }), from([1]));
      expect((await heard.first('retrying')).error).to.have.property('code', 'SINK_UNAVAILABLE');
      await disk.giveRoom();
      await heard.end;
      expect(await readFile(path(), 'utf8')).to.equal('1\n');
      expect(await readFile(`${path()}.torn`, 'utf8')).to.match(/^(\{"torn)+\n$/);
    });

    it('is relieved by keep: what cannot be compressed is deleted all the same', async () => {
      const sink = ndjsonFile({
        path: path(),
        rotate: { bytes: 20_000 },
        compress: 'gzip',
        keep: { files: 2 },
        queue: QUEUE,
      });
      await disk.leaveRoom(70_000);
      const { ledger } = await listen(sink, from([...records, ...records])).end;
      expect(ledger.delivered).to.equal(3000);
      const all = await textsOf(disk.folder(), 'stats.ndjson');
      const last = all.slice(-2).join('');
      expect((whole + whole).endsWith(last)).to.equal(true);
    });
  });

  describe('with room for four files', () => {
    // The folder counts as one.
    const disk = smallDisk('size=1m,nr_inodes=5');
    const path = (): string => join(disk.folder(), 'stats.ndjson');

    it('rotates once there is room for one more', async () => {
      const others = ['a', 'b', 'c'].map((name) => join(disk.folder(), name));
      for (const other of others) await writeFile(other, '');
      const heard = listen(ndjsonFile({ path: path(), rotate: { bytes: 20 } }), from(numbered(3)));
      expect((await heard.first('retrying')).error)
        .to.have.property('message')
        .that.matches(/ENOSPC/);
      await unlink(others[0]!);
      await heard.end;
      for (const other of others.slice(1)) await unlink(other);
      const texts = await textsOf(disk.folder(), 'stats.ndjson');
      expect(texts.map(parsed)).to.deep.equal([numbered(2), [{ seq: 2 }]]);
    });

    it('opens its file once there is room for it', async () => {
      const others = ['a', 'b', 'c', 'd'].map((name) => join(disk.folder(), name));
      for (const other of others) await writeFile(other, '');
      const heard = listen(ndjsonFile({ path: path() }), from(numbered(1)));
      await heard.first('retrying');
      await unlink(others[0]!);
      await heard.end;
      expect(await names(disk.folder())).to.deep.equal(['b', 'c', 'd', 'stats.ndjson']);
    });
  });
});
