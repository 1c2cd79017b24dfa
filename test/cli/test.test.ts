import { expect } from 'chai';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useFolder } from './program.ts';
import type { Outcome } from './program.ts';

const DEATHS = `
import { dockerEvents, ndjsonFile, pipeline } from 'dockrx';
import { filter } from 'rxjs';

export default pipeline(
  'deaths',
  dockerEvents(),
  filter((event) => event.kind === 'gap' || event.action === 'die'),
  ndjsonFile({ path: 'data/deaths.ndjson' }),
);
`;
const testOf = (emits: string, name = 'tells a death'): string => `
import { test } from 'node:test';
import { dockerEvent, expectPipeline } from 'dockrx/testing';
import deaths from './deaths.ts';

test('${name}', () =>
  expectPipeline(deaths)
    .given('a 9ms b', { a: dockerEvent(), b: dockerEvent({ action: 'die', name: 'web' }) })
    .emits('${emits}', { x: dockerEvent({ action: 'die', name: 'web' }), y: dockerEvent() }));
`;

describe('cli: test', () => {
  const folder = useFolder();
  let temp = '';
  beforeEach(() => {
    temp = mkdtempSync(join(tmpdir(), 'dockrx-temp-'));
    folder.write({ 'deaths.ts': DEATHS, 'deaths.test.ts': testOf('10ms x') });
  });
  afterEach(() => rmSync(temp, { recursive: true, force: true }));

  /** Whatever is made for the run is gone behind it. */
  const run = async (...args: readonly string[]): Promise<Outcome> => {
    const outcome = await folder.run(['test', ...args], { TMPDIR: temp });
    expect(readdirSync(temp)).to.deep.equal([]);
    return outcome;
  };

  it('runs what it finds below the folder, outside of any package, and opens nothing', async () => {
    folder.write({
      'sub/more.test.mts': testOf('10ms x', 'is found').replace('./deaths.ts', '../deaths.ts'),
      'node_modules/other/wrong.test.ts': testOf('', 'is not mine'),
      '.hidden/wrong.test.ts': testOf('', 'is hidden'),
      'no-test.ts': 'throw new Error("loaded")',
    });
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout)
      .to.match(/✔ tells a death/)
      .and.match(/✔ is found/)
      .and.match(/ℹ pass 2\n/);
    expect(existsSync(join(folder.path, 'data'))).to.equal(false);
  });

  it('exits 1 where one fails, with the difference and the place', async () => {
    folder.write({ 'wrong.test.ts': testOf('9ms y', 'is wrong') });
    const { code, stdout } = await run();
    expect(code).to.equal(1);
    expect(stdout).to.include('✖ is wrong').and.include('✔ tells a death');
    expect(stdout).to.include(`  ~ record 1 at 10 ms:
        expected at 9 ms
        action: 'die', expected 'start'`);
    expect(stdout).to.match(/at .*\/wrong\.test\.ts:9:6\)/);
    expect(stdout).to.include('test at wrong.test.ts:6:1');
    expect(stdout).to.not.match(/dist\/testing/);
  });

  it('runs files and folders that are named, once, and tests whose name matches', async () => {
    folder.write({
      'a/one.test.ts': testOf('10ms x', 'one').replace('./deaths.ts', '../deaths.ts'),
      'a/two.test.ts': testOf('10ms y', 'two').replace('./deaths.ts', '../deaths.ts'),
    });
    const one = await run('a/one.test.ts', 'a/one.test.ts');
    expect(one.stdout).to.include('✔ one').and.include('ℹ tests 1\n');
    const matching = await run('--grep', 'on', 'a');
    expect(matching).to.include({ code: 0 });
    expect(matching.stdout).to.include('✔ one').and.not.include('✔ two').and.not.include('.test.ts');
    expect((await run('a')).code).to.equal(1);
  });

  it('reports what does not compile, in tests and pipelines, and runs none', async () => {
    folder.write({
      'deaths.ts': DEATHS.replace('event.action', 'event.acton'),
      'typed.test.ts': `${testOf('')}const n: number = 'text';\nvoid n;\n`,
    });
    const types = await run();
    expect(types).to.include({ code: 2, stdout: '' });
    expect(types.stderr.split('\n')).to.have.length(3);
    expect(types.stderr).to.match(/^deaths\.ts:8:\d+: Property 'acton' does not exist/m);
    expect(types.stderr).to.match(/^typed\.test\.ts:\d+:7: Type 'string' is not assignable/m);
    folder.write({ 'syntax.test.ts': 'const = 1;', 'missing.test.ts': `import './nowhere.ts';` });
    const syntax = await run();
    expect(syntax).to.include({ code: 2, stdout: '' });
    expect(syntax.stderr).to.match(/^syntax\.test\.ts:1:7: /m);
    expect(syntax.stderr).to.match(/^missing\.test\.ts:1:8: Could not resolve/m);
  });

  it('tells a pipeline that cannot be loaded, with its place', async () => {
    folder.write({ 'deaths.ts': DEATHS.replace('{ path:', '{ fsync: 7 as never, path:') });
    const { code, stdout } = await run();
    expect(code).to.equal(1);
    expect(stdout)
      .to.match(/ndjsonFile: fsync must be .*, not 7/)
      .and.match(/\/deaths\.ts:9:3/);
    expect(stdout).to.match(/test at deaths\.test\.ts:1:1\n✖ deaths\.test\.ts /);
  });

  it('says what it cannot find', async () => {
    expect(await run('nowhere')).to.deep.equal({ code: 2, stdout: '', stderr: 'nowhere: no such file\n' });
    folder.write({ 'empty/x.ts': '', 'notes.txt': '' });
    expect((await run('empty')).stderr).to.equal(
      'empty: there is no test below it: a file named like deaths.test.ts\n',
    );
    expect((await run('notes.txt')).stderr).to.equal('notes.txt: is not a .ts, .mts, .js or .mjs file\n');
  });

  it('runs within a test of Node too', async () => {
    folder.write({ 'wrong.test.ts': testOf('9ms y', 'is wrong') });
    const { code } = await folder.run(['test'], { TMPDIR: temp, NODE_TEST_CONTEXT: 'child-v8' });
    expect(code).to.equal(1);
  });

  it('watches: runs them again when a pipeline, a test or a new file has come, and ends by Ctrl-C', async () => {
    folder.write({ 'deaths.ts': DEATHS.replace(`'die'`, `'oom'`) });
    const { child, done, says } = folder.start(['test', '--watch'], { TMPDIR: temp });
    await says(/ℹ fail 1\n/);
    folder.write({ 'deaths.ts': DEATHS });
    await says(/ℹ pass 1\n/);
    folder.write({ 'deaths.test.ts': 'const = 1;' });
    await says(/^deaths\.test\.ts:1:7/m);
    folder.write({ 'deaths.test.ts': testOf('10ms x'), 'new.test.ts': testOf('10ms x', 'is new') });
    await says(/ℹ pass 2\n/);
    await says(/(watching[^]*){4}/);
    child.kill('SIGINT');
    expect((await done).code).to.equal(0);
    expect(readdirSync(temp)).to.deep.equal([]);
  });

  it('ends the tests with itself', async () => {
    folder.write({
      'deaths.test.ts': `import { test } from 'node:test';\nimport { writeFileSync } from 'node:fs';
test('never', () => new Promise(() => { writeFileSync('running', ''); setInterval(() => {}, 1000); }));`,
    });
    const { child, done } = folder.start(['test'], { TMPDIR: temp });
    while (!existsSync(join(folder.path, 'running'))) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGTERM');
    expect((await done).code).to.equal(1);
    expect(readdirSync(temp)).to.deep.equal([]);
  });
});
