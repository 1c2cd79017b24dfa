import { expect } from 'chai';
import { existsSync, fstatSync, watch, writeSync } from 'node:fs';
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { from, NEVER } from 'rxjs';
import * as zlib from 'node:zlib';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { compressFile } from '../../../src/sinks/ndjson-file/compression.ts';
import { listen, numbered } from '../../contracts/listen.ts';
import { eventually, names, parsed, temporaryFolder } from './folders.ts';

describe('ndjsonFile compression', () => {
  const folder = temporaryFolder();
  const path = (): string => join(folder(), 'stats.ndjson');
  const OLD = 'stats.2026-01-02T03-04-05.678Z.ndjson';
  const gzip = (): ReturnType<typeof ndjsonFile> =>
    ndjsonFile({ path: path(), rotate: { bytes: 30 }, compress: 'gzip' });

  it('leaves one file of each name, with all its lines', async () => {
    await listen(gzip(), from(numbered(9))).end;
    const packed = (await names(folder())).filter((name) => name.endsWith('.ndjson.gz'));
    expect(packed).to.have.length(2);
    expect(await names(folder())).to.have.length(3);
    const unpacked = await Promise.all(
      packed.map(async (name) => zlib.gunzipSync(await readFile(join(folder(), name))).toString()),
    );
    expect(unpacked.flatMap(parsed)).to.deep.equal(numbered(6));
  });

  it('goes on at the next start with what a crash has left', async () => {
    await writeFile(join(folder(), OLD), '{"old":1}\n');
    await writeFile(join(folder(), `${OLD}.gz.part`), 'half of it');
    await writeFile(join(folder(), 'stats.2026-01-02T03-04-05.679Z.ndjson'), '');
    const heard = listen(gzip(), NEVER);
    await eventually(async () => (await names(folder())).join() === `${OLD}.gz,stats.ndjson`);
    expect(zlib.gunzipSync(await readFile(join(folder(), `${OLD}.gz`))).toString()).to.equal('{"old":1}\n');
    heard.stop();
  });

  it('replaces a compressed file whose source a crash has left beside it', async () => {
    await writeFile(join(folder(), OLD), '{"old":1}\n');
    await writeFile(join(folder(), `${OLD}.gz`), zlib.gzipSync('{"old":1}\n'));
    await listen(gzip(), from([])).end;
    expect(await names(folder())).to.deep.equal([`${OLD}.gz`, 'stats.ndjson']);
    expect(zlib.gunzipSync(await readFile(join(folder(), `${OLD}.gz`))).toString()).to.equal('{"old":1}\n');
  });

  it('that fails is told and leaves the file as it was', async () => {
    await writeFile(join(folder(), OLD), '{"old":1}\n');
    // A folder of the name that the compressed file would have.
    await mkdir(join(folder(), `${OLD}.gz`));
    await writeFile(join(folder(), `${OLD}.gz`, 'x'), '');
    const heard = listen(gzip(), NEVER);
    const { message } = await heard.first('notice');
    expect(message).to.match(
      /^cannot compress .*stats\.2026-01-02T03-04-05\.678Z\.ndjson: .*; tried again later$/,
    );
    expect(await readFile(join(folder(), OLD), 'utf8')).to.equal('{"old":1}\n');
    expect((await names(folder())).some((name) => name.endsWith('.part'))).to.equal(false);
    heard.stop();
  });

  it('lets only the owner write and the group read', async () => {
    await listen(gzip(), from(numbered(4))).end;
    const files = await names(folder());
    expect(files).to.have.length(2);
    for (const name of files) expect((await stat(join(folder(), name))).mode & 0o137, name).to.equal(0);
  });

  it('takes with it what somebody else writes to the file meanwhile', async () => {
    /** Whether a line came after the compressed file had its name, and before the other one lost its. */
    const late = async (file: string): Promise<boolean> => {
      await writeFile(file, '{"early":1}\n');
      const other = await open(file, 'a');
      const seen = new Promise<boolean>((resolve) => {
        const watcher = watch(folder(), (_, name) => {
          if (name !== basename(`${file}.gz`)) return;
          watcher.close();
          writeSync(other.fd, '{"late":1}\n');
          resolve(fstatSync(other.fd).nlink > 0);
        });
      });
      await compressFile(file, 'gzip', new AbortController().signal);
      const inTime = await seen;
      await other.close();
      const text = zlib.gunzipSync(await readFile(`${file}.gz`)).toString();
      expect(text).to.equal(inTime ? '{"early":1}\n{"late":1}\n' : '{"early":1}\n');
      expect(existsSync(file)).to.equal(false);
      return inTime;
    };
    let round = 0;
    while (!(await late(join(folder(), `${round}.ndjson`))) && round < 50) round += 1;
    expect(round, 'it came in time at least once').to.be.lessThan(50);
  });

  it('by zstd, where this Node has it', async function () {
    const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Buffer) => Buffer };
    if (zstdDecompressSync === undefined) return this.skip();
    await listen(ndjsonFile({ path: path(), rotate: { bytes: 30 }, compress: 'zstd' }), from(numbered(4)))
      .end;
    const [packed] = await names(folder());
    expect(packed).to.match(/\.ndjson\.zst$/);
    expect(parsed(zstdDecompressSync(await readFile(join(folder(), packed!))).toString())).to.deep.equal(
      numbered(3),
    );
  });
});
