import { expect } from 'chai';
import { linePacker } from '../../../src/sinks/ndjson-file/line-packer.ts';
import type { Line, Pack } from '../../../src/sinks/ndjson-file/line-packer.ts';

describe('linePacker', () => {
  const lines = (...texts: readonly string[]): Line[] =>
    texts.map((text) => ({ path: 'a', text, cameMs: 0 }));
  const contents = ({ files }: Pack): unknown => files.map(({ path, bytes }) => [path, bytes.toString()]);

  it('makes bytes of lines, those of each file together and in order', () => {
    const { pack } = linePacker();
    const packed = pack([
      { path: 'a', text: '{"seq":1}', cameMs: 1 },
      { path: 'b', text: '{"text":"é 🐳"}', cameMs: 1 },
      { path: 'a', text: '{"seq":2}', cameMs: 1 },
    ]);
    expect(contents(packed)).to.deep.equal([
      ['a', '{"seq":1}\n{"seq":2}\n'],
      ['b', '{"text":"é 🐳"}\n'],
    ]);
  });

  it('keeps those apart that came at different times', () => {
    const { pack } = linePacker();
    const packed = pack([
      { path: 'a', text: '1', cameMs: 1 },
      { path: 'b', text: '2', cameMs: 1 },
      { path: 'a', text: '3', cameMs: 1 },
      { path: 'a', text: '4', cameMs: 2 },
      { path: 'b', text: '5', cameMs: 1 },
    ]);
    expect(packed.files.map(({ path, bytes, cameMs }) => [path, cameMs, bytes.toString()])).to.deep.equal([
      ['a', 1, '1\n3\n'],
      ['b', 1, '2\n5\n'],
      ['a', 2, '4\n'],
    ]);
  });

  it('writes to a buffer again only when it has been given back', () => {
    const { pack, reuse } = linePacker();
    const first = pack(lines('first'));
    const second = pack(lines('second'));
    expect(second.buffer).not.to.equal(first.buffer);
    reuse(first);
    expect(pack(lines('third')).buffer).to.equal(first.buffer);
    expect(contents(second)).to.deep.equal([['a', 'second\n']]);
  });

  it('takes lines of any length, and keeps no buffer that such a one needed', () => {
    const { pack, reuse } = linePacker();
    const text = '€'.repeat(100_000);
    const packed = pack(lines(text, 'next'));
    expect(contents(packed)).to.deep.equal([['a', `${text}\nnext\n`]]);
    reuse(packed);
    expect(pack(lines('short')).buffer).not.to.equal(packed.buffer);
  });

  it('keeps 8 MiB at most', () => {
    const { pack, reuse } = linePacker();
    const many = Array.from({ length: 100 }, () => pack(lines('one')));
    many.forEach(reuse);
    const again = new Set(many.map(() => pack(lines('two')).buffer));
    const kept = many.filter(({ buffer }) => again.has(buffer));
    expect(kept.reduce((sum, { buffer }) => sum + buffer.length, 0)).to.equal(8 * 1024 * 1024);
  });
});
