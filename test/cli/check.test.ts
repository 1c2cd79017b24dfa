import { expect } from 'chai';
import { cpSync, mkdirSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LINES_SINK, ROOT, startProgram, useFolder } from './program.ts';

const GOOD = `
import { defineSource, from, pipeline } from 'dockrx';
import type { StageCounters } from 'dockrx';
import { filter, of } from 'rxjs';
import { map } from 'rxjs/operators';
import { basename } from 'node:path';
import settings from './settings.json' with { type: 'json' };
import { lines } from './lines';
const numbers = defineSource({ name: 'numbers', open: () => of(1, 2) });
function named(text: string): string { return basename(text); }
const counters: readonly StageCounters[] = await Promise.resolve([]);
export default pipeline('good', from(numbers, of(3)), filter((n) => n > counters.length), map((n) => named(String(n))), [lines('a'), lines(settings.path)]);
export const plain = pipeline('plain', numbers, lines('c'));
`;

describe('cli: check', () => {
  const folder = useFolder();
  beforeEach(() =>
    folder.write({ 'lines.ts': LINES_SINK, 'settings.json': '{ "path": "b" }', 'good.ts': GOOD }),
  );

  it('prints the flow of each pipeline of a file outside of the package, and opens nothing', async () => {
    expect(await folder.run(['check', 'good.ts'])).to.deep.equal({
      code: 0,
      stdout:
        'ok good.ts: good (numbers, observable → operator-1 → operator-2 → lines, lines-2)\n' +
        'ok good.ts: plain (numbers → lines)\n',
      stderr: '',
    });
    expect(existsSync(join(folder.path, 'a'))).to.equal(false);
  });

  const WRONG_TYPES = `
import { pipeline } from 'dockrx';
import { map, of } from 'rxjs';
import { lines } from './lines.ts';
const wrong: number = 'text';
export default pipeline('p', of({ id: wrong }), map((record) => record.name), lines('a'));
`;
  const TYPE_ERRORS = [
    `types.ts:5:7: Type 'string' is not assignable to type 'number'. (TS2322)`,
    `types.ts:6:72: Property 'name' does not exist on type '{ id: number; }'. (TS2339)`,
  ];

  it('reports type errors by place and exits 2', async () => {
    folder.write({ 'types.ts': WRONG_TYPES });
    const { code, stdout, stderr } = await folder.run(['check', 'types.ts', 'good.ts']);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).to.deep.equal(TYPE_ERRORS);
  });

  it("uses the TypeScript of the file's own folder first", async () => {
    folder.write({
      'types.ts': WRONG_TYPES,
      'node_modules/typescript/package.json': '{ "bin": { "tsc": "tsc.js" } }',
      'node_modules/typescript/tsc.js': `
const { spawnSync } = require('node:child_process');
const tsc = ${JSON.stringify(join(ROOT, 'node_modules/typescript/bin/tsc6'))};
process.stderr.write('its own compiler\\n');
process.exit(spawnSync(process.execPath, [tsc, ...process.argv.slice(2)], { stdio: 'inherit' }).status);
`,
    });
    const { code, stderr } = await folder.run(['check', 'types.ts']);
    expect(code).to.equal(2);
    expect(stderr.trimEnd().split('\n')).to.have.members([...TYPE_ERRORS, 'its own compiler']);
  });

  it('reports errors of loading, and still checks the other files', async () => {
    folder.write({
      'types.ts': WRONG_TYPES,
      'option.ts': `import { queued } from 'dockrx';\nqueued({ name: 'lines', queue: { policy: 'wait' } } as never);`,
      'syntax.ts': `const = 1;`,
    });
    const { code, stdout, stderr } = await folder.run([
      'check',
      'option.ts',
      'syntax.ts',
      'types.ts',
      'nofile.ts',
    ]);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr.trimEnd().split('\n')).to.deep.equal([
      `option.ts:2:1: lines: queue.policy must be 'pause', 'drop-oldest' or 'drop-newest', not "wait"`,
      'syntax.ts:1:7: Expected identifier but found "="',
      'nofile.ts: no such file',
      ...TYPE_ERRORS,
    ]);
    expect(await folder.run(['check', 'good.ts', 'syntax.ts'])).to.include({
      code: 2,
      stderr: 'syntax.ts:1:7: Expected identifier but found "="\n',
    });
  });

  it('does not find what only the package could see: the file means the same elsewhere', async () => {
    folder.write({ 'p.ts': GOOD.replace("'node:path'", "'pino'") });
    const { code, stderr } = await folder.run(['check', 'p.ts']);
    expect({ code, stderr }).to.deep.equal({
      code: 2,
      stderr: "p.ts:6:26: cannot find package 'pino': install it beside this file\n",
    });
  });

  it('says how to get TypeScript where there is none', async () => {
    // The package as others install it: without what only its development needs.
    const installed = join(folder.path, 'node_modules/dockrx');
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(ROOT, name), join(installed, name), { recursive: true });
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) {
      mkdirSync(dirname(join(folder.path, 'node_modules', name)), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), join(folder.path, 'node_modules', name));
    }
    const program = join(installed, 'bin/pipeline.js');
    const run = startProgram(process.execPath, [program, 'check', 'good.ts'], folder.path);
    expect(await run.done).to.deep.equal({
      code: 2,
      stdout: '',
      stderr:
        'types are not checked: no TypeScript is installed for good.ts; ' +
        'npm install --save-dev typescript @types/node in its folder\n',
    });
  });
});
