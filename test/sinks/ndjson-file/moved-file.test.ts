import { expect } from 'chai';
import {
  copyFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen } from '../../contracts/listen.ts';
import type { Listening } from '../../contracts/listen.ts';
import { eventually, names, parsed, temporaryFolder } from './folders.ts';

describe('ndjsonFile while its file is moved', () => {
  const folder = temporaryFolder();
  const path = (): string => join(folder(), 'stats.ndjson');
  const aside = (): string => join(folder(), 'stats.ndjson.1');
  const textIn = async (file: string): Promise<unknown[]> => parsed(await readFile(file, 'utf8'));
  let input: Subject<unknown>;
  let heard: Listening;
  let written: number;

  beforeEach(() => {
    input = new Subject();
    written = 0;
    heard = listen(ndjsonFile({ path: path() }), input);
  });
  /** Resolves when the records have been delivered. */
  const put = async (...records: readonly unknown[]): Promise<void> => {
    for (const record of records) input.next(record);
    written += records.length;
    await heard.until(({ delivered }) => delivered === written);
  };
  const finish = async (): Promise<void> => {
    input.complete();
    await heard.end;
  };

  it('away goes on in a new one', async () => {
    await put(0, 1);
    await rename(path(), aside());
    await put(2);
    await finish();
    // A line on its way at that moment may still go into the one moved.
    const fresh = await textIn(path()).catch(() => []);
    expect([...(await textIn(aside())), ...fresh]).to.deep.equal([0, 1, 2]);
  });

  it('away long ago writes the very next line to the new one', async () => {
    await put(0);
    await rename(path(), aside());
    const start = Date.now();
    await eventually(() => Date.now() - start > 150);
    await put(1);
    await finish();
    expect(await textIn(aside())).to.deep.equal([0]);
    expect(await textIn(path())).to.deep.equal([1]);
  });

  it('lets go of it on SIGHUP', async () => {
    await put(0);
    await rename(path(), aside());
    process.kill(process.pid, 'SIGHUP');
    await eventually(async () => !(await isOpen(aside())));
    await put(1);
    await finish();
    expect(await textIn(aside())).to.deep.equal([0]);
    expect(await textIn(path())).to.deep.equal([1]);
  });

  it('goes on in the same one on SIGHUP when it has not been moved', async () => {
    await put(0);
    process.kill(process.pid, 'SIGHUP');
    await eventually(async () => !(await isOpen(path())));
    await put(1);
    await finish();
    expect(await textIn(path())).to.deep.equal([0, 1]);
  });

  it('no longer listens for SIGHUP once it has ended', async () => {
    await heard.first('open');
    await eventually(() => process.listenerCount('SIGHUP') === 1);
    await finish();
    expect(process.listenerCount('SIGHUP')).to.equal(0);
  });

  it('keeps every line written while it is moved away again and again', async () => {
    const moved: string[] = [];
    for (let seq = 0; seq < 2000; seq += 1) {
      input.next(seq);
      if (seq % 100 !== 99) continue;
      await heard.until(({ inFlight }) => inFlight === 0);
      moved.push(join(folder(), `moved.${String(seq).padStart(5, '0')}`));
      input.next(`${seq} goes with the move`);
      await Promise.all([rename(path(), moved.at(-1)!), heard.until(({ inFlight }) => inFlight === 0)]);
    }
    await finish();
    const all = await Promise.all([...moved, path()].map((file) => readFile(file, 'utf8').catch(() => '')));
    const records = all.flatMap(parsed);
    expect(records).to.have.length(2020);
    expect(records.filter((record) => typeof record === 'number')).to.deep.equal(numbers(2000));
  });

  it('deleted keeps every line that has not been delivered yet', async () => {
    const lost: unknown[] = [];
    for (let round = 0; round < 50; round += 1) {
      await put(`${round} before`);
      lost.push(...(await textIn(path())));
      input.next(`${round} during`);
      written += 1;
      await Promise.all([unlink(path()), heard.until(({ delivered }) => delivered === written)]);
    }
    await finish();
    // What was in the file when it was deleted is gone; what was on its way is not.
    const left = await textIn(path()).catch(() => []);
    const all = new Set([...lost, ...left]);
    expect([...Array(50).keys()].filter((round) => !all.has(`${round} before`))).to.deep.equal([]);
    expect(left.at(-1)).to.equal('49 during');
  });

  it('truncated in place goes on at its new end', async () => {
    await put(0, 1);
    await copyFile(path(), aside());
    await truncate(path(), 0);
    await put(2);
    await finish();
    expect(await textIn(aside())).to.deep.equal([0, 1]);
    expect(await textIn(path())).to.deep.equal([2]);
  });

  it('whose folder is deleted makes it anew', async () => {
    await put(0);
    await rm(folder(), { recursive: true });
    await put(1);
    await finish();
    expect(await textIn(path())).to.deep.equal([1]);
  });

  it('replaced by a link refuses to follow it', async () => {
    await put(0);
    await mkdir(join(folder(), 'else'));
    await writeFile(join(folder(), 'else', 'victim'), '');
    await rename(path(), aside());
    await symlink(join(folder(), 'else', 'victim'), path());
    const start = Date.now();
    await eventually(() => Date.now() - start > 150);
    input.next(1);
    const error: unknown = await heard.end.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'SINK_REFUSED');
    expect((error as Error).message).to.match(/stats\.ndjson is a symbolic link/);
    expect(await readFile(join(folder(), 'else', 'victim'), 'utf8')).to.equal('');
    expect(await names(folder())).to.include('stats.ndjson.1');
  });
});

async function isOpen(file: string): Promise<boolean> {
  const { openFiles } = await import('../../contracts/resources.ts');
  return openFiles().includes(file);
}

const numbers = (count: number): number[] => [...Array(count).keys()];
