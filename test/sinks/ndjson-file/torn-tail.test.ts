import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { from } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen, ofType } from '../../contracts/listen.ts';
import { names, temporaryFolder } from './folders.ts';

describe('ndjsonFile on a file that a crash has left torn', () => {
  const folder = temporaryFolder();
  const path = (): string => join(folder(), 'stats.ndjson');
  const start = async (before: string | Buffer): Promise<readonly string[]> => {
    await writeFile(path(), before);
    const { signals } = await listen(ndjsonFile({ path: path() }), from([{ seq: 1 }])).end;
    return ofType(signals, 'notice').map(({ message }) => message);
  };

  const TORN: readonly (readonly [string, string, string])[] = [
    ['in the middle of its second line', '{"seq":0}\n', '{"se'],
    ['just before the end of its line', '{"seq":0}\n', '{"seq":1}'],
    ['in its first line', '', '{"se'],
    ['in a line of several blocks', '{"seq":0}\n', 'x'.repeat(200_000)],
    ['behind a whole line of several blocks', `"${'x'.repeat(200_000)}"\n`, 'y'],
    ['with zeroes that the file system has put there', '{"seq":0}\n', '\0'.repeat(5000)],
    ['in the middle of a character', '{"seq":0}\n', Buffer.from('"é').subarray(0, 2).toString('latin1')],
  ];
  for (const [where, whole, tail] of TORN)
    it(`${where} keeps the rest aside and goes on behind the last whole line`, async () => {
      const notices = await start(Buffer.from(whole + tail, 'latin1'));
      expect(await readFile(path(), 'latin1')).to.equal(`${whole}{"seq":1}\n`);
      expect(await readFile(`${path()}.torn`, 'latin1')).to.equal(`${tail}\n`);
      expect(notices).to.deep.equal([
        `${path()} ended in the middle of a line: its last ${tail.length} bytes are in ${path()}.torn now`,
      ]);
    });

  it('twice keeps both rests', async () => {
    await start('{"se');
    await start('{"seq":0}\n{"x');
    expect(await readFile(`${path()}.torn`, 'utf8')).to.equal('{"se\n{"x\n');
  });

  for (const [what, whole] of [
    ['a whole file', '{"seq":0}\n'],
    ['an empty file', ''],
  ] as const)
    it(`leaves ${what} alone and says nothing`, async () => {
      expect(await start(whole)).to.deep.equal([]);
      expect(await names(folder())).to.deep.equal(['stats.ndjson']);
      expect(await readFile(path(), 'utf8')).to.equal(`${whole}{"seq":1}\n`);
    });
});
