import { expect } from 'chai';
import * as zlib from 'node:zlib';
import type { NdjsonFileOptions } from '../../../src/sinks/ndjson-file.ts';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';

const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
  ['an empty path', { path: '' }, /path must be the path of a file/],
  ['no path', {}, /path must be the path of a file/],
  ['a path that is a folder', { path: 'data/' }, /path must end in the name of a file/],
  ['a path that ends in ..', { path: 'data/..' }, /path must end in the name of a file/],
  ['a path with a NUL', { path: 'a\0b' }, /NUL/],
  ['.. behind a token', { path: 'data/{host}/../x.ndjson' }, /no \. or \.\. behind a token/],
  ['an open brace', { path: 'data/{host.ndjson' }, /brace without its other half/],
  ['an empty token', { path: 'data/{}.ndjson' }, /token without a field name: \{\}/],
  ['a token with an empty level', { path: 'data/{a..b}.ndjson' }, /token without a field name: \{a\.\.b\}/],
  ['a file name that is too long', { path: `data/${'x'.repeat(250)}` }, /too long for a file name/],
  ['too many folders', { path: `data/${'{host}/'.repeat(30)}x` }, /too many folders/],
  ['an unknown option', { path: 'x', colour: 1 }, /no option "colour"/],
  ['no bytes', { path: 'x', rotate: { bytes: 0 } }, /rotate: bytes must be a whole number above 0, not 0/],
  ['half a byte', { path: 'x', rotate: { bytes: 1.5 } }, /rotate: bytes must be/],
  [
    'an unknown way to rotate',
    { path: 'x', rotate: { hourly: true } },
    /rotate: there is no option "hourly"/,
  ],
  [
    'unknown names',
    { path: 'x', rotate: { bytes: 1, names: 'date' } },
    /names must be 'dateext', not "date"/,
  ],
  [
    'other names of files by tokens',
    { path: '{host}/x', rotate: { bytes: 1, names: 'dateext' } },
    /path must have no token where rotate has names: 'dateext': "\{host\}\/x"/,
  ],
  ['an unknown compression', { path: 'x', rotate: { bytes: 1 }, compress: 'rar' }, /compress must be 'gzip'/],
  [
    'compress without rotate',
    { path: 'x', compress: 'gzip' },
    /compress is for rotated files: give rotate too/,
  ],
  ['keep without rotate', { path: 'x', keep: { files: 1 } }, /keep is for rotated files: give rotate too/],
  ['keep with an empty rotate', { path: 'x', rotate: {}, keep: { files: 1 } }, /give rotate too/],
  ['no files kept', { path: 'x', rotate: { bytes: 1 }, keep: { files: 0 } }, /keep: files must be/],
  ['an unknown fsync', { path: 'x', fsync: 'always' }, /fsync must be 'never', 'rotate', 'batch'/],
  ['fsync never in time', { path: 'x', fsync: { everyMs: -1 } }, /fsync: everyMs must be/],
  ['no open files', { path: 'x', openFiles: 0 }, /openFiles must be/],
  ['a wrong queue', { path: 'x', queue: { capacity: 0 } }, /queue\.capacity must be/],
];

describe('ndjsonFile options', () => {
  for (const [what, options, message] of WRONG)
    it(`refuse ${what}, by name, when the sink is made`, () => {
      expect(() => ndjsonFile(options as NdjsonFileOptions))
        .to.throw(message)
        .with.property('code', 'CONFIG_INVALID');
    });

  it('refuse zstd where this Node has none, and take it where it has', () => {
    const make = (): unknown => ndjsonFile({ path: 'x', rotate: { bytes: 1 }, compress: 'zstd' });
    if ('createZstdCompress' in zlib) expect(make).not.to.throw();
    else expect(make).to.throw(/zstd.*needs Node 22\.15 or newer, this is v\d+.*use 'gzip'/);
  });

  it('take everything together', () => {
    const all: Required<NdjsonFileOptions> = {
      path: 'data/{date}/{hour}-{container.name}.ndjson',
      rotate: { bytes: 1, everyMs: 1 },
      compress: 'gzip',
      keep: { ms: 1, files: 1, bytes: 1 },
      fsync: { everyMs: 1 },
      exactlyOnce: false,
      openFiles: 1,
      queue: { policy: 'drop-oldest' },
    };
    expect(() => ndjsonFile(all)).not.to.throw();
  });
});
