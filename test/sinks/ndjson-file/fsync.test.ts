import { expect } from 'chai';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';
import { listen } from '../../contracts/listen.ts';
import { countSyncs } from '../../count-syncs.ts';
import { eventually, temporaryFolder } from './folders.ts';

describe('ndjsonFile forces lines to the disk', () => {
  const folder = temporaryFolder();
  const calls = countSyncs();

  /** How often lines were forced to the disk: while two batches were written, and in the end. */
  const counted = async (options: Partial<NdjsonFileOptions>): Promise<readonly number[]> => {
    const input = new Subject<unknown>();
    const heard = listen(ndjsonFile({ path: join(folder(), 'x.ndjson'), ...options }), input);
    const counts: number[] = [];
    for (const seq of [1, 2]) {
      input.next({ seq });
      await heard.until(({ delivered }) => delivered === seq);
      counts.push(calls());
    }
    input.complete();
    await heard.end;
    return [...counts, calls()];
  };

  it('before each batch counts as delivered, under batch', async () => {
    expect(await counted({ fsync: 'batch' })).to.deep.equal([1, 2, 2]);
  });

  it('when the file is closed, by default', async () => {
    expect(await counted({})).to.deep.equal([0, 0, 1]);
  });

  it('when a file is put aside, and its new name too', async () => {
    // The file of the first line and its folder; then the second file.
    expect(await counted({ rotate: { bytes: 10 } })).to.deep.equal([0, 2, 3]);
  });

  it('never, under never', async () => {
    expect(await counted({ fsync: 'never', rotate: { bytes: 10 } })).to.deep.equal([0, 0, 0]);
  });

  it('every so often, and only when there is something new', async () => {
    const input = new Subject<unknown>();
    const path = join(folder(), 'x.ndjson');
    const heard = listen(ndjsonFile({ path, fsync: { everyMs: 20 } }), input);
    input.next(1);
    await heard.until(({ delivered }) => delivered === 1);
    await eventually(() => calls() === 1);
    const start = Date.now();
    await eventually(() => Date.now() - start > 100);
    expect(calls()).to.equal(1);
    input.complete();
    await heard.end;
    expect(calls()).to.equal(1);
  });
});
