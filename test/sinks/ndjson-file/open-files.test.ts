import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tap } from 'rxjs';
import { from } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen } from '../../contracts/listen.ts';
import { openFiles } from '../../contracts/resources.ts';
import { names, parsed, temporaryFolder } from './folders.ts';

describe('ndjsonFile with many files', () => {
  const folder = temporaryFolder();

  it('keeps few of them open and writes all of them, each in order', async () => {
    const records = Array.from({ length: 30 * 40 }, (_, i) => ({
      name: `c${i % 30}`,
      seq: Math.floor(i / 30),
    }));
    let most = 0;
    const sink = ndjsonFile({
      path: join(folder(), '{name}.ndjson'),
      openFiles: 4,
      queue: { capacity: 2000 },
    });
    const watched: typeof sink = (input) =>
      input.pipe(
        sink,
        tap(() => {
          most = Math.max(most, openFiles().filter((path) => path.startsWith(folder())).length);
        }),
      );
    const { ledger } = await listen(watched, from(records)).end;
    expect(ledger.delivered).to.equal(1200);
    expect(most).to.equal(4);
    const files = await names(folder());
    expect(files).to.have.length(30);
    for (const file of files) {
      const name = file.replace('.ndjson', '');
      const lines = parsed(await readFile(join(folder(), file), 'utf8'));
      expect(lines).to.deep.equal(records.filter((record) => record.name === name));
    }
  });

  it('parts days by the time of the records', async () => {
    const times = ['2026-11-21T23:59:59.999999999Z', '2026-11-22T00:00:00.000000000Z'];
    const path = join(folder(), '{date}', '{host}.ndjson');
    await listen(ndjsonFile({ path }), from(times.map((time) => ({ time, host: 'h' })))).end;
    expect(await names(folder())).to.deep.equal(['2026-11-21', '2026-11-22']);
    for (const time of times)
      expect(parsed(await readFile(join(folder(), time.slice(0, 10), 'h.ndjson'), 'utf8'))).to.deep.equal([
        { time, host: 'h' },
      ]);
  });
});
