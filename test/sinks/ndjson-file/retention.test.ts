import { expect } from 'chai';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { concat, from, NEVER } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';
import { expired } from '../../../src/sinks/ndjson-file/retention.ts';
import type { KeepOptions } from '../../../src/sinks/ndjson-file/retention.ts';
import { listen, numbered } from '../../contracts/listen.ts';
import { eventually, names, temporaryFolder } from './folders.ts';

const stamped = (ms: number): string => new Date(ms).toISOString().replaceAll(':', '-');

describe('ndjsonFile retention', () => {
  describe('of five files of 10 bytes, 100 ms apart', () => {
    const files = [0, 100, 200, 300, 400].map((rotatedMs) => ({
      path: `/${rotatedMs}`,
      rotatedPath: `/${rotatedMs}`,
      bytes: 10,
      bornMs: 0,
      rotatedMs,
      compressed: '',
      part: false,
    }));
    const left = (keep: KeepOptions): number[] => {
      const gone = expired(files, keep, 400);
      return files.filter((file) => !gone.includes(file)).map(({ rotatedMs }) => rotatedMs);
    };
    const CASES: readonly (readonly [KeepOptions, readonly number[]])[] = [
      [{}, [0, 100, 200, 300, 400]],
      [{ files: 2 }, [300, 400]],
      [{ files: 9 }, [0, 100, 200, 300, 400]],
      [{ bytes: 30 }, [200, 300, 400]],
      [{ bytes: 29 }, [300, 400]],
      [{ bytes: 5 }, []],
      [{ ms: 200 }, [200, 300, 400]],
      [{ ms: 199 }, [300, 400]],
      [{ ms: 300, files: 3, bytes: 15 }, [400]],
    ];
    for (const [keep, kept] of CASES)
      it(`${JSON.stringify(keep)} leaves ${kept.join(', ') || 'none'}`, () => {
        expect(left(keep)).to.deep.equal(kept);
      });
  });

  const folder = temporaryFolder();
  const sink = (options: Omit<NdjsonFileOptions, 'path'>): ReturnType<typeof ndjsonFile> =>
    ndjsonFile({ path: join(folder(), 'stats.ndjson'), ...options });

  it('keeps the newest files of all runs', async () => {
    const options = { rotate: { bytes: 10 }, keep: { files: 3 } };
    await listen(sink(options), from(numbered(6))).end;
    const first = await names(folder());
    expect(first).to.have.length(4);
    await listen(sink(options), from(numbered(2))).end;
    const second = await names(folder());
    expect(second).to.have.length(4);
    expect(second.slice(0, 1)).to.deep.equal(first.slice(2, 3));
  });

  it('counts compressed files by the bytes they have then', async () => {
    const records = Array.from({ length: 40 }, (_, seq) => ({ seq, text: 'x'.repeat(1000) }));
    await listen(sink({ rotate: { bytes: 10_500 }, compress: 'gzip', keep: { bytes: 5000 } }), from(records))
      .end;
    expect(await names(folder())).to.have.length(4);
  });

  it('deletes by age while nothing comes, and the folders that leaves empty', async () => {
    const old = `web.${stamped(Date.now() - 60_000)}.ndjson`;
    const young = `web.${stamped(Date.now() + 3_600_000)}.ndjson`;
    for (const day of ['2026-01-01', '2026-01-02']) await mkdir(join(folder(), day));
    await writeFile(join(folder(), '2026-01-01', old), '{}\n');
    await writeFile(join(folder(), '2026-01-02', old), '{}\n');
    await writeFile(join(folder(), '2026-01-02', young), '{}\n');
    const path = join(folder(), '{date}/{name}.ndjson');
    const heard = listen(ndjsonFile({ path, rotate: { bytes: 1e6 }, keep: { ms: 30_000 } }), NEVER);
    await eventually(async () => (await readdir(join(folder(), '2026-01-02'))).join() === young);
    expect(await names(folder())).to.deep.equal(['2026-01-02']);
    heard.stop();
  });

  it('never deletes what is not its own', async () => {
    const stamp = '2001-02-03T04-05-06.789Z';
    const others = [
      `events.${stamp}.ndjson`,
      `stats.${stamp}.json`,
      `stats.${stamp}.ndjson.bz2`,
      `stats.${stamp}.ndjson.gz.bak`,
      `my-stats.${stamp}.ndjson`,
      'stats.2001-02-03.ndjson',
      'stats.9999-99-99T99-99-99.999Z.ndjson',
      'stats.ndjson.torn',
    ];
    const own = `stats.${stamp}.ndjson`;
    for (const name of [...others, own]) await writeFile(join(folder(), name), '{}\n');
    await mkdir(join(folder(), `stats.${stamp}.ndjson.gz`));
    const heard = listen(
      sink({ rotate: { bytes: 1e6 }, keep: { ms: 1, files: 1, bytes: 1 } }),
      concat(from(numbered(1)), NEVER),
    );
    await eventually(async () => !(await names(folder())).includes(own));
    heard.stop();
    expect(await names(folder())).to.have.members([...others, `stats.${stamp}.ndjson.gz`, 'stats.ndjson']);
  });
});
