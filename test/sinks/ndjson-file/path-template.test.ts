import { expect } from 'chai';
import fc from 'fast-check';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { parsePath } from '../../../src/sinks/ndjson-file/path-template.ts';
import { nameReader, rotatedName } from '../../../src/sinks/ndjson-file/rotated-name.ts';

const below = (template: string, record: unknown): string => {
  const { base, pathOf } = parsePath(template);
  return relative(base, pathOf(record));
};
const STAMP = '2026-11-22T01-02-03.456Z';

describe('ndjsonFile path', () => {
  it('without tokens is one path for all', () => {
    const { base, fixed, pathOf } = parsePath('data/./x/../stats.ndjson');
    expect(fixed).to.equal(resolve('data/stats.ndjson'));
    expect(pathOf({ anything: 1 })).to.equal(fixed);
    expect(base).to.equal(resolve('data'));
  });

  it('has the folders before the first token as its base', () => {
    expect(parsePath('data/logs/{date}/{host}.ndjson').base).to.equal(resolve('data/logs'));
    expect(parsePath('data/logs/all-{host}.ndjson').base).to.equal(resolve('data/logs'));
    expect(parsePath('../data/{host}').base).to.equal(resolve('../data'));
    expect(parsePath('{host}').base).to.equal(resolve('.'));
    expect(parsePath('/{host}').base).to.equal('/');
    expect(parsePath('/{host}').pathOf({ host: 'a' })).to.equal('/a');
  });

  const time = '2026-11-22T23:30:00.123456789Z';
  const FILLED: readonly (readonly [string, unknown, string])[] = [
    ['{date}/{hour}.ndjson', { time }, '2026-11-22/23.ndjson'],
    ['{date}/{hour}.ndjson', { '@timestamp': time }, '2026-11-22/23.ndjson'],
    ['{date}/{hour}.ndjson', { time: '2026-11-22T23:30:00-02:00' }, '2026-11-23/01.ndjson'],
    ['{date}/{hour}.ndjson', { time: new Date(0) }, '1970-01-01/00.ndjson'],
    ['{date}', { time: 'yesterday' }, 'unknown'],
    ['{date}', { time: 12 }, 'unknown'],
    ['{date}', {}, 'unknown'],
    ['{date}', null, 'unknown'],
    ['{host}.ndjson', { host: 'engine-1' }, 'engine-1.ndjson'],
    ['{host}.ndjson', { host: '' }, 'unknown.ndjson'],
    ['{host}.ndjson', { host: { name: 'x' } }, 'unknown.ndjson'],
    ['{host}.ndjson', 'text', 'unknown.ndjson'],
    ['{pid}-{ok}', { pid: 7, ok: true }, '7-true'],
    ['{container.name}.ndjson', { container: { name: 'web' } }, 'web.ndjson'],
    ['{container.name}.ndjson', { container: 'web' }, 'unknown.ndjson'],
    ['{attributes.com.docker.compose.service}', { attributes: { 'com.docker.compose.service': 'db' } }, 'db'],
    ['{a.b.c}', { 'a.b': { c: 1 } }, '1'],
    ['{name}.ndjson', { name: 'Ünïcode-コンテナ' }, 'Ünïcode-コンテナ.ndjson'],
    ['static/{host}/x.ndjson', { host: 'h' }, 'h/x.ndjson'],
  ];
  for (const [template, record, path] of FILLED)
    it(`${template} of ${JSON.stringify(record)} is ${path}`, () => {
      expect(below(template, record)).to.equal(path);
    });

  const HOSTILE = [
    '../../etc/passwd',
    '/etc/passwd',
    '..',
    '.',
    '...',
    '.hidden',
    'a/b',
    'a\\b',
    'a\0b',
    '-rf',
    'a\nb',
    '\u202Etxt.exe',
    '\uD800',
    'x'.repeat(5000),
    '語'.repeat(500),
    '👩‍👩‍👧‍👦'.repeat(60),
    '~0123456789ab',
    `web.${STAMP}`,
  ];
  for (const name of HOSTILE)
    it(`makes a marked name of its own of ${JSON.stringify(name.slice(0, 30))}`, () => {
      expect(below('{name}.ndjson', { name })).to.match(/^[^./~-][^/\0~]*~[0-9a-f]{12}\.ndjson$/u);
    });

  it('keeps names apart that differ only in what is changed', () => {
    const names = ['a/b', 'a:b', 'a b', 'a_b', `${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`];
    expect(new Set(names.map((name) => below('{name}.ndjson', { name }))).size).to.equal(names.length);
    expect(below('{name}.ndjson', { name: 'a/b' })).to.equal(below('{name}.ndjson', { name: 'a/b' }));
    expect(below('{name}.ndjson', { name: 'a_b' })).to.equal('a_b.ndjson');
  });

  it('keeps several values in one name apart where they are changed', () => {
    const name = (a: string, b: string): string => below('{a}-{b}.ndjson', { a, b });
    const { base, pathOf } = parsePath('{a}-{b}.ndjson');
    const [one, other] = [
      { a: 'x\0y', b: 'z' },
      { a: 'x', b: 'y\0z' },
    ].map(pathOf);
    expect(one).not.to.equal(other);
    expect(relative(base, one!)).to.equal(name('x\0y', 'z'));
  });

  it('marks a name with the hash of the value alone', () => {
    // printf %s a/b | sha256sum
    expect(below('{name}/x-{name}.ndjson', { name: 'a/b' })).to.equal(
      'a_b~c14cddc033f6/x-a_b~c14cddc033f6.ndjson',
    );
  });

  it('does not follow prototypes into anything but text', () => {
    expect(below('{constructor.constructor}.ndjson', {})).to.equal('unknown.ndjson');
    expect(below('{__proto__.x}.ndjson', {})).to.equal('unknown.ndjson');
  });

  describe('whatever the records hold', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      fc.stringMatching(/^[./\\~\0:-]{0,12}$/),
      fc.constantFrom(...HOSTILE),
      fc.string({ maxLength: 300 }).map((text) => `${text}.${STAMP}`),
      fc.anything(),
    );
    const templates = fc.constantFrom(
      '/base/{name}',
      '/base/{name}.ndjson',
      '/base/{name}{host}.ndjson',
      '/base/x-{name}/{host}/{date}-{hour}.ndjson.log',
      '/base/.{name}/..{host}',
      '/base/{name}.{host}Z.ndjson',
      '/base/{date}/{name}-{host}-{time}.ndjson',
    );
    const records = fc.record({ name: nasty, host: nasty, time: nasty }, { requiredKeys: [] });

    it('the path never leaves the base folder and is made of valid file names', () => {
      fc.assert(
        fc.property(templates, records, (template, record) => {
          const { base, names, pathOf } = parsePath(template);
          const path = pathOf(record);
          expect(resolve(path)).to.equal(path);
          const components = relative(base, path).split(sep);
          expect(components).to.have.length(names.length);
          for (const component of components) {
            expect(component).not.to.be.oneOf(['', '.', '..']);
            expect(component).not.to.match(/[/\0]/);
            expect(Buffer.from(component).toString()).to.equal(component);
          }
          const rotated = `${rotatedName(basename(path), names.at(-1)!, 0)}.zst.part`;
          expect(Buffer.byteLength(rotated)).to.be.at.most(255);
          for (const folder of components.slice(0, -1)) expect(Buffer.byteLength(folder)).to.be.at.most(255);
        }),
        { numRuns: 2000 },
      );
    });

    it('a live file is never taken for a rotated one, and both are known again', () => {
      fc.assert(
        fc.property(templates, records, (template, record) => {
          const { names, pathOf } = parsePath(template);
          const live = basename(pathOf(record));
          const read = nameReader(names.at(-1)!);
          expect(read(live)).to.equal('live');
          const rotatedMs = 1_795_309_323_456;
          const rotated = rotatedName(live, names.at(-1)!, rotatedMs);
          expect(read(rotated)).to.deep.equal({ rotatedMs, compressed: '', part: false });
          expect(read(`${rotated}.gz`)).to.deep.equal({ rotatedMs, compressed: '.gz', part: false });
          expect(read(`${rotated}.zst.part`)).to.deep.equal({ rotatedMs, compressed: '.zst', part: true });
        }),
        { numRuns: 2000 },
      );
    });

    it('two names share a file only when they are the same', () => {
      const { pathOf } = parsePath('/base/{name}.ndjson');
      fc.assert(
        fc.property(
          fc.string({ unit: 'binary', minLength: 1 }),
          fc.string({ minLength: 1 }),
          (one, other) => {
            fc.pre(one !== other);
            expect(pathOf({ name: one })).not.to.equal(pathOf({ name: other }));
            expect(dirname(pathOf({ name: one }))).to.equal('/base');
          },
        ),
        { numRuns: 2000 },
      );
    });
  });
});
