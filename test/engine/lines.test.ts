import { expect } from 'chai';
import fc from 'fast-check';
import { lineSplitter } from '../../src/engine/lines.ts';

interface Heard {
  readonly lines: string[];
  readonly bad: string[];
}

/** What the splitter says of these chunks. */
function split(chunks: readonly Uint8Array[], maxBytes = 1024): Heard {
  const heard: Heard = { lines: [], bad: [] };
  const splitter = lineSplitter({
    maxBytes,
    line: (text) => heard.lines.push(text),
    bad: (reason) => heard.bad.push(reason),
  });
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  return heard;
}

/** The same bytes in pieces, cut at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : at[i - 1], end));
}

/** What a splitter must say, worked out on the whole text at once. */
function expected(bytes: Uint8Array, maxBytes: number): Heard {
  const heard: Heard = { lines: [], bad: [] };
  const all = Buffer.from(bytes);
  let start = 0;
  for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, start)) {
    const line = all.subarray(start, end);
    start = end + 1;
    if (line.length === 0) continue;
    if (line.length > maxBytes) {
      heard.bad.push('too-long');
      continue;
    }
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line);
    if (!Buffer.from(text).equals(line)) heard.bad.push('invalid-utf8');
    heard.lines.push(text);
  }
  if (all.length - start > maxBytes) heard.bad.push('too-long');
  return heard;
}

const places = fc.array(fc.nat(), { maxLength: 20 });
/** Bytes in which line ends and pieces of multi-byte characters are common. */
const awkward = fc.uint8Array({ maxLength: 200 }).map((bytes) => bytes.map((byte) => AWKWARD[byte] ?? byte));
const AWKWARD: Readonly<Record<number, number>> = Object.fromEntries([
  ...Array.from({ length: 60 }, (_, i) => [i, 10]),
  ...[0xf0, 0x9f, 0x90, 0xb3, 0xc3, 0xa9, 0xef, 0xbb, 0xbf, 0xbd].map((byte, i) => [60 + i, byte]),
]) as Record<number, number>;

describe('lineSplitter', () => {
  it('says the same of any bytes, however they are cut', () => {
    fc.assert(
      fc.property(awkward, places, fc.integer({ min: 1, max: 40 }), (bytes, at, maxBytes) => {
        expect(split(cut(bytes, at), maxBytes)).to.deep.equal(expected(bytes, maxBytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives texts back as they were, cut in the middle of characters', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((line) => !line.includes('\n'));
    fc.assert(
      fc.property(fc.array(text), places, (lines, at) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        expect(split(cut(bytes, at), 1 << 20)).to.deep.equal({ lines, bad: [] });
      }),
    );
  });

  it('waits for the end of a line, byte by byte', () => {
    const bytes = Buffer.from('{"name":"größe 🐳"}\nrest');
    expect(split([...bytes].map((byte) => Uint8Array.of(byte)))).to.deep.equal({
      lines: ['{"name":"größe 🐳"}'],
      bad: [],
    });
  });

  it('passes over empty lines', () => {
    expect(split([Buffer.from('\n\na\n\n\nb\n\n')])).to.deep.equal({ lines: ['a', 'b'], bad: [] });
  });

  it('passes over a line that is too long, says so once, and keeps the next whole', () => {
    const long = 'x'.repeat(1000);
    const chunks = [`a\n${long}`, long, `${long}\nb\n`].map((text) => Buffer.from(text));
    expect(split(chunks, 999)).to.deep.equal({ lines: ['a', 'b'], bad: ['too-long'] });
    expect(split([Buffer.from(`${long}\n${long}\nb\n`)], 999)).to.deep.equal({
      lines: ['b'],
      bad: ['too-long', 'too-long'],
    });
  });

  it('takes a line of exactly the length allowed', () => {
    const line = 'x'.repeat(1000);
    expect(split([Buffer.from(`${line}\n`)], 1000)).to.deep.equal({ lines: [line], bad: [] });
    expect(split([Buffer.from(line), Buffer.from('\n')], 1000)).to.deep.equal({ lines: [line], bad: [] });
  });

  it('hands on what is not UTF-8 with replacement characters, and says so', () => {
    const bytes = Buffer.from([0x61, 0xff, 0x62, 10, 0x63, 10]);
    expect(split([bytes])).to.deep.equal({ lines: ['a\uFFFDb', 'c'], bad: ['invalid-utf8'] });
  });

  it('does not complain of a replacement character that was sent', () => {
    expect(split([Buffer.from('a\uFFFDb\n')])).to.deep.equal({ lines: ['a\uFFFDb'], bad: [] });
  });

  it('calls nothing any more when it is stopped in the middle of a chunk', () => {
    const lines: string[] = [];
    const splitter = lineSplitter({
      maxBytes: 4,
      line: (text) => {
        lines.push(text);
        if (text === 'b') splitter.stop();
      },
      bad: (reason) => lines.push(reason),
    });
    splitter.write(Buffer.from('a\nb\nc\n\xff\ntoo long'));
    splitter.write(Buffer.from('d\ntoo long\ne\n'));
    expect(lines).to.deep.equal(['a', 'b']);
  });

  it('calls nothing any more when it is stopped by a complaint', () => {
    const calls: string[] = [];
    const splitter = lineSplitter({
      maxBytes: 4,
      line: (text) => calls.push(text),
      bad: (reason) => {
        calls.push(reason);
        splitter.stop();
      },
    });
    splitter.write(Buffer.from([0xff, 10, 0x61, 10]));
    expect(calls).to.deep.equal(['invalid-utf8']);
  });
});
