import { expect } from 'chai';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as zlib from 'node:zlib';
import { BehaviorSubject, firstValueFrom, take, toArray } from 'rxjs';
import { traitsOf } from '../../src/core/define-source.ts';
import { isRetryable, PipelineError } from '../../src/core/errors.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import type { Json, Source } from '../../src/core/types.ts';
import { ndjsonFile } from '../../src/sinks/ndjson-file.ts';
import { ndjsonReplay } from '../../src/sources/ndjson-replay.ts';
import { released, resources } from '../contracts/resources.ts';
import { useFolder } from '../cli/program.ts';
import { becomes, hear, stopHearing } from './hear.ts';

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const ndjson = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join('');

describe('ndjsonReplay', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const write = (name: string, content: string | Buffer): string => {
    writeFileSync(at(name), content);
    return at(name);
  };
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'dockrx-replay-'))));
  afterEach(() => {
    stopHearing();
    rmSync(folder, { recursive: true, force: true });
  });

  const all = async (source: Source<unknown>): Promise<readonly unknown[]> => {
    const heard = hear(source);
    await heard.end;
    return heard.records;
  };
  const failure = async (source: Source<unknown>): Promise<PipelineError> => {
    const error = await hear(source).failure;
    expect(error).to.be.instanceOf(PipelineError);
    expect(isRetryable(error)).to.equal(false);
    return error as PipelineError;
  };
  const reasons = (heard: ReturnType<typeof hear>): string[] =>
    heard.facts.flatMap((fact) => (fact.type === 'rejected' ? [fact.reason] : []));

  it('emits what each line says, in order, and completes; the last line needs no line break', async () => {
    const path = write('a.ndjson', `{"a":1}\r\n\n  \n[2]\n"drei"\n4`);
    const heard = hear(ndjsonReplay({ path }));
    await heard.end;
    expect(heard.records).to.deep.equal([{ a: 1 }, [2], 'drei', 4]);
    expect(heard.facts).to.deep.equal([{ type: 'connected', to: path, simulated: false }]);
    expect(await all(ndjsonReplay({ path: write('empty', '') }))).to.deep.equal([]);
    expect(await all(ndjsonReplay({ path: write('bom', '\uFEFF{"a":"\u00fc"}\n') }))).to.deep.equal([
      { a: 'ü' },
    ]);
  });

  it('reads compressed files, whatever they are called', async () => {
    const values = numbers(0, 50_000);
    const path = write('a.ndjson', gzipSync(ndjson(values)));
    expect(await all(ndjsonReplay({ path }))).to.deep.equal(values);
    const twice = Buffer.concat([gzipSync(ndjson([1, 2])), gzipSync(ndjson([3]))]);
    expect(await all(ndjsonReplay({ path: write('two.members', twice) }))).to.deep.equal([1, 2, 3]);
    const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Buffer };
    const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    const packed = write('a.zst', zstdCompressSync?.(ndjson([1, 2])) ?? zstd);
    if (zstdCompressSync !== undefined)
      expect(await all(ndjsonReplay({ path: packed }))).to.deep.equal([1, 2]);
    else expect((await failure(ndjsonReplay({ path: packed }))).message).to.contain('needs Node 22.15');
  });

  it('rejects and counts what is no record, and goes on', async () => {
    const path = write('a.ndjson', `{"a":1}\n{"a":\nnull\n\u0000\n{"a":2}\n`);
    const parse = (value: unknown): number => {
      const { a } = value as { a: number };
      return a;
    };
    const heard = hear(ndjsonReplay({ path, parse }));
    await heard.end;
    expect(heard.records).to.deep.equal([1, 2]);
    expect(reasons(heard)).to.deep.equal(['invalid-json', 'not-a-record', 'invalid-json']);
  });

  it('holds no line that is too long, however long it is', async () => {
    const long = JSON.stringify('x'.repeat(3_000_000));
    const path = write('a.ndjson', `1\n${long}\n"${'y'.repeat(98)}"\n"${'z'.repeat(99)}"\n2\n${long}`);
    const heard = hear(ndjsonReplay({ path, maxLineBytes: 100 }));
    await heard.end;
    expect(heard.records).to.deep.equal([1, 'y'.repeat(98), 2]);
    expect(reasons(heard)).to.deep.equal(['too-long', 'too-long', 'too-long']);
  });

  it('reads what ndjsonFile has put aside, oldest first, before what it writes', async () => {
    write('stats.ndjson', ndjson([5]));
    write('stats.2026-11-22T01-02-03.456Z.ndjson.gz', gzipSync(ndjson([1, 2])));
    write('stats.2026-11-22T02-02-03.456Z.ndjson', ndjson([3, 4]));
    write('other.ndjson', ndjson([9]));
    mkdirSync(at('stats.folder.ndjson'));
    const paths = [at('stats*.ndjson*'), at('o?her.ndjson'), at('stats.ndjson')];
    expect(await all(ndjsonReplay({ path: paths }))).to.deep.equal([1, 2, 3, 4, 5, 9]);
  });

  for (const [how, pack] of [
    ['plain', (text: string) => Buffer.from(text)],
    ['compressed', gzipSync],
  ] as const)
    it(`goes on behind the last line it has read, in a process and over restarts: ${how}`, async () => {
      write('1', pack(ndjson(numbers(0, 3_000))));
      write('2', pack(`\uFEFF\n${ndjson(numbers(3_000, 6_000))}`));
      const path = [at('1'), at('2')];
      const source = ndjsonReplay({ path });
      const seen: unknown[] = [];
      for (const count of [1, 2_998, 1, 1, 1_500])
        seen.push(...(await firstValueFrom(source.pipe(take(count), toArray()))));
      const later = ndjsonReplay({ path });
      traitsOf(later).cursor!.restore(JSON.parse(JSON.stringify(traitsOf(source).cursor!.read())) as Json);
      seen.push(...(await all(later)));
      expect(seen).to.deep.equal(numbers(0, 6_000));
      expect(await all(later)).to.deep.equal([]);
    });

  it('refuses a place that the files do not have', async () => {
    const path = write('a', ndjson([1, 2, 3]));
    const restored = (place: Json): Source<unknown> => {
      const source = ndjsonReplay({ path });
      traitsOf(source).cursor!.restore(place);
      return source;
    };
    expect(() => restored({ path, offset: -1 })).to.throw(PipelineError, 'is no place in a file');
    expect(() => restored('there')).to.throw(PipelineError, 'is no place in a file');
    expect((await failure(restored({ path: at('b'), offset: 0 }))).message).to.contain('is none of');
    const shorter = restored({ path, offset: 6 });
    truncateSync(path, 2);
    expect((await failure(shorter)).message).to.contain('it is another file now');
  });

  it('waits while a sink is full, and reads no further', async () => {
    const path = write('a', ndjson(numbers(0, 100_000)));
    const gate = new BehaviorSubject(true);
    const heard = hear(ndjsonReplay({ path }), gate);
    await heard.until(({ records }) => records.length > 10);
    gate.next(false);
    const had = heard.records.length;
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
    expect(heard.records.length).to.equal(had).and.to.be.below(100_000);
    gate.next(true);
    await heard.end;
    expect(heard.records).to.deep.equal(numbers(0, 100_000));
  });

  it('says what it cannot read', async () => {
    expect((await failure(ndjsonReplay({ path: at('none') }))).message).to.equal(
      `ndjsonReplay: cannot read ${at('none')}: there is no such file`,
    );
    expect((await failure(ndjsonReplay({ path: at('none*') }))).message).to.contain(
      `no file is like ${at('none*')}`,
    );
    expect((await failure(ndjsonReplay({ path: at('none/*') }))).message).to.contain('there is no such file');
    expect((await failure(ndjsonReplay({ path: folder }))).message).to.contain('is no regular file');
    const half = gzipSync(ndjson(numbers(0, 100_000)));
    const heard = hear(ndjsonReplay({ path: write('half', half.subarray(0, half.length / 2)) }));
    expect(((await heard.failure) as Error).message).to.match(/cannot read .*half: unexpected end of file/);
    expect(heard.records.length).to.be.above(1_000);
    expect(heard.records).to.deep.equal(numbers(0, heard.records.length));
    if (process.getuid?.() === 0) return;
    chmodSync(write('secret', '1'), 0);
    expect((await failure(ndjsonReplay({ path: at('secret') }))).message).to.contain('EACCES');
  });

  it('does nothing before it is subscribed, and lets go of everything when it is unsubscribed', async () => {
    const path = write('a', gzipSync(ndjson(numbers(0, 200_000))));
    const before = await resources();
    const source = ndjsonReplay({ path });
    await released(before);
    hear(source).stop();
    const heard = hear(source);
    await heard.until(({ records }) => records.length > 0);
    heard.stop();
    const had = heard.records.length;
    await released(before);
    expect(heard.records).to.have.lengthOf(had);
    expect(heard.error).to.equal(undefined);
  });

  it('is for one reader, and independent of another', async () => {
    const path = write('a', ndjson([1, 2, 3]));
    const source = ndjsonReplay({ path });
    const first = hear(source);
    expect((await failure(source)).message).to.contain('one source is read at two places');
    await first.end;
    expect(await all(ndjsonReplay({ path }))).to.deep.equal([1, 2, 3]);
  });

  it('copies a file through a run', async () => {
    const path = write('a', ndjson(numbers(0, 300_000)));
    const run = runPipeline(pipeline('copy', ndjsonReplay({ path }), ndjsonFile({ path: at('b') })));
    expect((await run.done).outcome).to.equal('completed');
    expect(readFileSync(at('b'), 'utf8')).to.equal(readFileSync(path, 'utf8'));
  });

  it('refuses wrong options by name', () => {
    const make = (options: object) => () => ndjsonReplay(options as { path: string });
    expect(make({})).to.throw(
      PipelineError,
      'ndjsonReplay: path is missing: it must be a path, or a list of paths',
    );
    expect(make({ path: [] })).to.throw(PipelineError, 'path must be');
    expect(make({ path: [''] })).to.throw(PipelineError, 'path must be');
    expect(make({ path: 'a', maxLineBytes: 0 })).to.throw(PipelineError, 'maxLineBytes must be');
    expect(make({ path: 'a', parse: 1 })).to.throw(PipelineError, 'parse must be');
    expect(make({ file: 'a' })).to.throw(PipelineError, 'there is no option "file"');
  });
});

describe('ndjsonReplay of standard input', () => {
  const folder = useFolder();
  const FILE = `
import { ndjsonFile, ndjsonReplay, pipeline } from 'dockrx';
export default pipeline('copy', ndjsonReplay({ path: '-' }), ndjsonFile({ path: 'out.ndjson' }));
`;
  beforeEach(() => folder.write({ 'p.ts': FILE }));
  const out = (): string => readFileSync(join(folder.path, 'out.ndjson'), 'utf8');

  for (const [how, bytes] of [
    ['plain', Buffer.from(ndjson(numbers(0, 50_000)))],
    ['compressed', gzipSync(ndjson(numbers(0, 50_000)))],
    ['nothing', Buffer.alloc(0)],
    ['very little', Buffer.from('1')],
  ] as const)
    it(`reads it to its end: ${how}`, async () => {
      const { child, done } = folder.start(['run', 'p.ts']);
      child.stdin!.end(bytes);
      const { code, stderr } = await done;
      expect(code, stderr).to.equal(0);
      const plain = how === 'compressed' ? ndjson(numbers(0, 50_000)) : bytes.toString();
      expect(out().trim()).to.equal(plain.trim());
    });

  it('is stopped while nothing comes', async () => {
    const { child, done, says } = folder.start(['run', 'p.ts']);
    child.stdin!.write('1\n2\n');
    await says(/writes to/);
    await becomes(() => out() === '1\n2\n');
    child.kill('SIGTERM');
    const { code, stderr } = await done;
    expect(code, stderr).to.equal(0);
  });
});
