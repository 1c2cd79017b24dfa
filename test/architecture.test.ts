import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/** What each folder may import: folders and files of src, packages, and Node's own modules as `node:`. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  checkpoints: ['checkpoints/', 'core/', 'disk/', 'node:'],
  records: ['records/'],
  core: [
    'core/',
    'records/gap.ts',
    'rxjs',
    'node:async_hooks',
    'node:diagnostics_channel',
    'node:events',
    'node:timers/promises',
  ],
  disk: ['disk/', 'core/errors.ts', 'node:'],
  journal: ['journal/', 'core/', 'disk/', 'records/text.ts', 'records/gap.ts', 'rxjs', 'node:'],
  replay: ['replay/', 'core/', 'disk/', 'journal/', 'records/text.ts', 'rxjs', 'rxjs/internal/', 'node:'],
  engine: ['engine/', 'records/', 'core/errors.ts', 'dockerode', 'node:'],
  operators: [
    'operators/',
    'records/',
    'core/check-options.ts',
    'core/define-operator.ts',
    'core/checkpoints.ts',
    'core/types.ts',
    'rxjs',
  ],
  sources: ['sources/', 'core/', 'records/', 'engine/', 'rxjs', 'node:', 'eventsource'],
  http: ['http/', 'core/', 'node:'],
  sinks: [
    ...['sinks/', 'core/', 'records/', 'disk/', 'http/', 'feed/', 'rxjs', 'node:'],
    ...['string-width', 'prom-client', 'ws'],
  ],
  metrics: ['metrics/', 'records/', 'sinks/prometheus/', 'core/check-options.ts'],
  feed: ['feed/', 'core/', 'records/', 'disk/', 'journal/', 'http/', 'node:'],
  client: ['client/', 'records/', 'rxjs'],
  testing: [
    'testing/',
    'core/',
    'records/',
    'replay/read-recording.ts',
    'simulator/index.ts',
    'rxjs',
    'rxjs/testing',
    'node:',
  ],
  simulator: ['simulator/', 'records/', 'node:'],
  cli: [
    ...['cli/', 'core/', 'checkpoints/', 'http/', 'replay/', 'simulator/index.ts', 'node:'],
    ...['engine/probe.ts', 'engine/examine.ts'],
    ...['commander', 'esbuild', 'import-meta-resolve', 'pino', 'string-width'],
  ],
};

/** Folders whose components stand side by side: each may use its own subfolder and `shared`, never another component. */
const APART = ['sources', 'sinks', 'metrics'];
const MAX_LINES = 250;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'))
  .sort();
const textOf = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));

/** The specifiers of all imports and re-exports, those of files as paths below src. */
function importsOf(file: string): readonly string[] {
  const found = textOf
    .get(file)!
    .matchAll(/^(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gms);
  return [...found].map(([, plain, dynamic]) => {
    const specifier = plain ?? dynamic ?? '';
    return specifier.startsWith('.')
      ? relative(SRC, join(SRC, dirname(file), specifier)).replaceAll('\\', '/')
      : specifier;
  });
}

const folderOf = (file: string): string => file.slice(0, file.indexOf('/'));

describe('the architecture', () => {
  it('knows every folder of src', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map(folderOf));
    expect([...folders].sort()).to.deep.equal(Object.keys(MAY).sort());
  });

  for (const [folder, may] of Object.entries(MAY))
    it(`lets ${folder} import only what it may`, () => {
      const wrong = files
        .filter((file) => folderOf(file) === folder)
        .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
        .filter(
          ({ target }) =>
            !may.some((allowed) => (/[/:]$/.test(allowed) ? target.startsWith(allowed) : target === allowed)),
        )
        .map(({ file, target }) => `${file} imports ${target}`);
      expect(wrong).to.deep.equal([]);
    });

  for (const folder of APART)
    it(`keeps the components of ${folder} apart`, () => {
      const wrong = files
        .filter((file) => folderOf(file) === folder)
        .flatMap((file) => {
          const own = file.split('/')[1]!.replace(/\.ts$/, '');
          return importsOf(file)
            .filter((target) => target.startsWith(`${folder}/`))
            .filter((target) => ![own, 'shared'].includes(target.split('/')[1]!.replace(/\.ts$/, '')))
            .map((target) => `${file} imports ${target}`);
        });
      expect(wrong).to.deep.equal([]);
    });

  it('has no import cycle', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (path.includes(file) || done.has(file)) return;
      for (const target of importsOf(file)) if (textOf.has(target)) visit(target, [...path, file]);
      done.add(file);
    };
    files.forEach((file) => visit(file, []));
    expect(cycles).to.deep.equal([]);
  });

  for (const [what, pattern] of [
    ['`export *`', /^export \*/m],
    ['a default export', /^export default/m],
    ['a mutable variable at module level', /^(?:export )?(?:let|var) /m],
    [
      'a filled-in-later map, set or list at module level',
      /^(?:export )?const \w+(?:: (?!Readonly|readonly)[^=]+)? = (?:new (?:Weak)?(?:Map|Set)(?:<[^(]*>)?\(\)|\[\]);/m,
    ],
  ] as const)
    it(`has no ${what}`, () => {
      expect(files.filter((file) => pattern.test(textOf.get(file)!))).to.deep.equal([]);
    });

  it('has one barrel, which nothing inside imports', () => {
    expect(files.filter((file) => importsOf(file).includes('index.ts'))).to.deep.equal([]);
  });

  it('has a test of the same name for every source, operator, sink and declaration of metrics in index.ts', () => {
    const components = importsOf('index.ts').filter((target) =>
      /^(sources|operators|sinks|metrics)\/[^/]+\.ts$/.test(target),
    );
    expect(components.length).to.be.above(5);
    const untested = components.filter(
      (file) => !existsSync(join(ROOT, 'test', file.replace(/\.ts$/, '.test.ts'))),
    );
    expect(untested).to.deep.equal([]);
  });

  it('has its tests with real engines in one folder, which the gate runs once for each kind of engine', () => {
    const tests = join(ROOT, 'test');
    const wrong = readdirSync(tests, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.startsWith('integration'))
      .filter((file) => /harness\/(use-engine|engines)\.ts'/.test(readFileSync(join(tests, file), 'utf8')));
    expect(wrong).to.deep.equal([]);
  });

  it(`has no file of more than ${MAX_LINES} lines`, () => {
    const long = files.filter((file) => textOf.get(file)!.split('\n').length > MAX_LINES);
    expect(long).to.deep.equal([]);
  });
});
