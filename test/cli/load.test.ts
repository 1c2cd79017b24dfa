import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LINES_SINK, logLines, useFolder } from './program.ts';

const PIPELINE = (name: string, out = 'out'): string => `
import { pipeline } from 'dockrx';
import { of } from 'rxjs';
import { lines } from './lines.ts';
export default pipeline('${name}', of(1, 2, 3), lines('${out}'));
`;

describe('cli: loading pipeline files', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'lines.ts': LINES_SINK }));
  const out = (name = 'out'): string => readFileSync(join(folder.path, name), 'utf8');

  it('runs a file outside of the package that has no package.json', async () => {
    folder.write({ 'p.ts': PIPELINE('numbers') });
    const { code, stdout } = await folder.run(['run', 'p.ts']);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    expect(out()).to.equal('1\n2\n3\n');
  });

  it('gives the file the one copy of dockrx and of rxjs, whatever is installed beside it', async () => {
    const decoy = (name: string): Record<string, string> => ({
      [`node_modules/${name}/package.json`]: `{ "name": "${name}", "main": "index.js" }`,
      [`node_modules/${name}/index.js`]: `throw new Error('the wrong ${name}')`,
    });
    folder.write({
      ...decoy('rxjs'),
      ...decoy('dockrx'),
      'p.ts': `
import { defineSource, from, pipeline, PipelineError } from 'dockrx';
import { isObservable, Observable, of } from 'rxjs';
import { map } from 'rxjs/operators';
import { lines } from './lines.ts';
const source = defineSource({ name: 's', open: () => of(1) });
const facts = [source instanceof Observable, isObservable(from(source, of(2))), new PipelineError('CONFIG_INVALID', '') instanceof Error];
export default pipeline('p', source, map(() => facts), lines('out'));
`,
    });
    expect((await folder.run(['run', 'p.ts'])).stderr).not.to.contain('the wrong');
    expect(out()).to.equal('[true,true,true]\n');
  });

  it('takes what esbuild takes: enums, top-level await, JSON, imports without ending, .js for .ts, unmarked types', async () => {
    folder.write({
      'settings.json': '{ "name": "from-json" }',
      'deep/level.ts': `export enum Level { Low = 'low', High = 'high' }\nexport interface Shape { readonly a: number }`,
      'deep/name.ts': `import { Level } from './level'; export const name = Level.High; export const url = import.meta.url;`,
      'p.ts': `#!/usr/bin/env -S pipeline run
import { pipeline } from 'dockrx';
import { of } from 'rxjs';
import { basename } from 'node:path';
import { readFileSync } from 'fs';
import settings from './settings.json' with { type: 'json' };
import { name, url } from './deep/name.js';
import { Shape } from './deep/level';
import { lines } from './lines';
class Point { constructor(readonly x: number) {} }
const awaited: Shape = await Promise.resolve({ a: 1 });
const self = readFileSync(import.meta.filename, 'utf8').length > 0 && __dirname === import.meta.dirname;
export default pipeline(settings.name, of([name, basename(url), awaited.a, new Point(2).x, self]), lines('out'));
`,
    });
    const { code, stderr } = await folder.run(['run', 'p.ts']);
    expect(code, stderr).to.equal(0);
    expect(out()).to.equal('["high","name.ts",1,2,true]\n');
    expect(logLines(stderr).at(-1)).to.include({ pipeline: 'from-json' });
  });

  it('loads .js, .mts and .mjs, and names with spaces and signs', async () => {
    folder.write({
      'a/b #1 100%25 é.mts': PIPELINE('mts').replace('./', '../'),
      'c.mjs': PIPELINE('mjs'),
      'd.js': PIPELINE('js'),
    });
    const { code, stderr } = await folder.run(['check', 'a/b #1 100%25 é.mts', 'c.mjs', 'd.js']);
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
  });

  it('collects the default export, an array of pipelines and named exports, each once and in a stable order', async () => {
    folder.write({
      'p.ts': `
import { pipeline } from 'dockrx';
import { of } from 'rxjs';
import { lines } from './lines.ts';
const make = (name: string) => pipeline(name, of(1), lines('out'));
export const b = make('b');
export const a = make('a');
export const notOne = { name: 'x' };
export default [make('second'), make('first'), b];
`,
    });
    const { stdout } = await folder.run(['check', 'p.ts']);
    expect(stdout.match(/: (\S+) \(/g)).to.deep.equal([': second (', ': first (', ': b (', ': a (']);
  });

  it('leaves nothing behind in the folder for temporary files', async () => {
    folder.write({
      'p.ts': PIPELINE('numbers'),
      'bad.ts': 'export const = 1;',
      'stuck.ts': 'await new Promise(() => {});',
      'tmp/keep': '',
      'runtime/keep': '',
    });
    // Without a folder for what runs, its sockets are in the one for temporary files.
    const XDG_RUNTIME_DIR = join(folder.path, 'runtime');
    const env = { TMPDIR: join(folder.path, 'tmp'), XDG_RUNTIME_DIR };
    await folder.run(['run', 'p.ts'], env);
    await folder.run(['check', 'p.ts'], env);
    await folder.run(['run', 'bad.ts'], env);
    await folder.run(['run', 'stuck.ts'], env);
    expect(readdirSync(env.TMPDIR)).to.deep.equal(['keep']);
    expect(readdirSync(join(XDG_RUNTIME_DIR, 'dockrx'))).to.deep.equal([]);
  });

  describe('answers a wrong file with one line and exit code 2', () => {
    const wrong: Readonly<Record<string, readonly [files: Record<string, string>, line: string]>> = {
      'a missing file': [{}, 'p.ts: no such file'],
      'a syntax error': [
        { 'p.ts': `import { of } from 'rxjs';\nconst é = of(; \n` },
        'p.ts:2:14: Unexpected ";"',
      ],
      'a syntax error in a file it imports': [
        { 'p.ts': `import './q.ts';`, 'q.ts': `\n\nlet 1x;` },
        'q.ts:3:6: Syntax error "x"',
      ],
      'a missing package': [
        { 'p.ts': `import { of } from 'rxjs';\nimport { x } from 'nowhere';\nexport { of, x };` },
        `p.ts:2:19: cannot find package 'nowhere': install it beside this file`,
      ],
      'a missing relative file': [
        { 'p.ts': `import './nowhere.ts';` },
        'p.ts:1:8: Could not resolve "./nowhere.ts"',
      ],
      'a missing export of dockrx': [
        {
          'p.ts': `import { pipeline } from 'dockrx';\nimport { pipelin } from 'dockrx';\nexport default pipelin(pipeline);`,
        },
        `p.ts:2:10: 'dockrx' has no export 'pipelin'`,
      ],
      'a missing export of rxjs': [
        { 'p.ts': `import {\n  of,\n  nothing,\n} from 'rxjs';\nexport default nothing(of);` },
        `p.ts:3:3: 'rxjs' has no export 'nothing'`,
      ],
      'a missing export of a file it imports': [
        { 'p.ts': `import { x } from './q.ts';\nexport default x;`, 'q.ts': `export const y = 1;` },
        'p.ts:1:10: No matching export in "q.ts" for import "x"',
      ],
      'no pipeline': [
        { 'p.ts': `export const answer = 42;` },
        'p.ts: exports no pipeline: write export default pipeline(name, source, …, sink)',
      ],
      'an array with something else in it': [
        { 'p.ts': `export default [{ name: 'x' }];` },
        'p.ts: element 0 of its default export is not a pipeline',
      ],
      'a wrong option, at the place of the factory call': [
        {
          'p.ts': `import { pipeline } from 'dockrx';\nimport { of } from 'rxjs';\nimport { sink } from './q.ts';\nexport default pipeline('p', of(1), sink());`,
          'q.ts': `import { queued } from 'dockrx';\nexport const sink = () =>\n  queued({ name: 'lines', queue: { capacity: 0 } } as never);`,
        },
        'q.ts:3:3: lines: queue.capacity must be a whole number of 1 or more, not 0',
      ],
      'a wrong stage': [
        {
          'p.ts': `import { pipeline } from 'dockrx';\nimport { of } from 'rxjs';\nexport default pipeline('p', of(1), 5 as never);`,
        },
        'p.ts:3:16: pipeline p: stage 2 is neither an operator nor a sink',
      ],
      'an error of its own': [
        { 'p.ts': `const f = () => {\n  throw new TypeError('two\\nlines');\n};\nf();` },
        'p.ts:2:9: TypeError: two lines',
      ],
      'a rejection it awaits': [
        { 'p.ts': `await Promise.reject(new RangeError('no'));` },
        'p.ts:1:22: RangeError: no',
      ],
      'something thrown that is no error': [{ 'p.ts': `throw 'text';` }, 'p.ts: threw text'],
      'a top-level await that never settles': [
        { 'p.ts': `await new Promise(() => {});` },
        'p.ts: its top-level await never settles',
      ],
      'a folder': [{ 'p.ts/keep': '' }, 'p.ts: is a folder: name the pipeline files in it'],
    };
    for (const [what, [files, line]] of Object.entries(wrong))
      it(what, async () => {
        folder.write(files);
        const { code, stdout, stderr } = await folder.run(['run', 'p.ts']);
        expect({ code, stdout, stderr }).to.deep.equal({ code: 2, stdout: '', stderr: `${line}\n` });
      });

    it('a file of another kind', async () => {
      folder.write({ 'p.py': '' });
      const { code, stderr } = await folder.run(['run', 'p.py']);
      expect({ code, stderr }).to.deep.equal({
        code: 2,
        stderr: 'p.py: is not a .ts, .mts, .js or .mjs file\n',
      });
    });

    it('two pipelines of one name in two files', async () => {
      folder.write({ 'p.ts': PIPELINE('same'), 'q.ts': PIPELINE('same') });
      const { code, stderr } = await folder.run(['run', 'p.ts', 'q.ts']);
      const line = `q.ts: a pipeline named 'same' is in p.ts: give each its own name\n`;
      expect({ code, stderr }).to.deep.equal({ code: 2, stderr: line });
    });

    it('a file elsewhere, by its absolute path', async () => {
      const path = join(tmpdir(), 'dockrx-nowhere.ts');
      expect((await folder.run(['run', path])).stderr).to.equal(`${path}: no such file\n`);
    });
  });

  it('shows the whole stack, in the lines of the source, with --log-level debug', async () => {
    folder.write({ 'p.ts': `const f = () => {\n  throw new TypeError('no');\n};\n\nf();` });
    const { stderr } = await folder.run(['run', 'p.ts', '--log-level', 'debug']);
    const path = join(folder.path, 'p.ts');
    expect(stderr.split('\n')).to.include.members(['p.ts:2:9: TypeError: no', 'TypeError: no']);
    expect(stderr).to.contain(`at f (${path}:2:9)`).and.to.contain(`${path}:5:1`);
  });

  it('gives the lines of the source for an error of an operator, too', async () => {
    folder.write({
      'p.ts': `
import { pipeline } from 'dockrx';
import { map, of } from 'rxjs';
import { lines } from './lines.ts';
interface Filler { readonly a: number }
const broken = (n: number): number => {
  if (n === 2) throw new RangeError('two');
  return n;
};
export default pipeline('p', of(1, 2, 3), map(broken), lines('out'));
`,
    });
    const { code, stderr } = await folder.run(['run', 'p.ts', '--log-level=debug']);
    expect(code).to.equal(1);
    const [failed, stack] = ['failed: two', 'RangeError'].map((text) =>
      logLines(stderr).find(({ msg }) => String(msg).startsWith(text)),
    );
    expect(failed).to.include({ level: 'error', pipeline: 'p', error: 'two' });
    expect(stack?.['msg']).to.contain(`at broken (${join(folder.path, 'p.ts')}:7:22)`);
    expect(out()).to.equal('1\n');
  });
});
