import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { needs } from '../harness/needs.ts';
import { PROGRAM, ROOT, startProgram, useFolder } from './program.ts';

const FILES = ['.gitignore', 'containers.test.ts', 'containers.ts', 'package.json', 'tsconfig.json'];
const manifest = (path: string): Record<string, never> =>
  JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, never>;

describe('cli: init', () => {
  const folder = useFolder();
  const made = (): string => join(folder.path, 'my pipelines');
  const init = () => folder.run(['init', 'my pipelines']);
  const inIt = (...args: readonly string[]) =>
    startProgram(process.execPath, [PROGRAM, ...args], made()).done;
  const edit = (text: string, by: string): void => {
    const file = join(made(), 'containers.ts');
    const before = readFileSync(file, 'utf8');
    expect(before).to.contain(text);
    writeFileSync(file, before.replace(text, by));
  };

  it('writes a folder, and says what to do next', async () => {
    expect(await init()).to.deep.equal({
      code: 0,
      stdout:
        'containers.ts, containers.test.ts, package.json, tsconfig.json, .gitignore written to my pipelines. Now:\n\n' +
        "  cd 'my pipelines'\n  npm install\n  npx pipeline test\n" +
        '  npx pipeline run --simulate containers.ts    # without --simulate: your own engine\n',
      stderr: '',
    });
    expect(readdirSync(made()).sort()).to.deep.equal(FILES);
    const { dependencies, devDependencies } = manifest(ROOT) as Record<string, Record<string, string>>;
    expect(manifest(made())).to.deep.include({
      name: 'my-pipelines',
      private: true,
      type: 'module',
      // This is no version that could be fetched.
      dependencies: {
        dockrx: `file:${relative(realpathSync(made()), realpathSync(ROOT))}`,
        rxjs: dependencies!['rxjs'],
      },
      devDependencies: {
        '@types/node': dependencies!['@types/node'],
        typescript: devDependencies!['@typescript/native']!.replace('npm:typescript@', ''),
      },
    });
  });

  it('makes what checks, passes its test and runs at once, with nothing installed beside it', async () => {
    await init();
    expect(await inIt('check', 'containers.ts')).to.deep.equal({
      code: 0,
      stdout: 'ok containers.ts: containers (dockerEvents → operator-1 → operator-2 → console, ndjsonFile)\n',
      stderr: '',
    });
    const tested = await inIt('test');
    expect(tested).to.include({ code: 0, stderr: '' });
    expect(tested.stdout)
      .to.match(/✔ tells when .*\n/)
      .and.contain('pass 1');
    const run = startProgram(process.execPath, [PROGRAM, 'run', '--simulate', 'containers.ts'], made());
    await run.says(/"action":"start","container":"shop-db-1"/);
    run.child.kill('SIGINT');
    expect(await run.done).to.include({ code: 0 });
    const written = readFileSync(join(made(), 'data/containers.ndjson'), 'utf8').trimEnd().split('\n');
    expect(JSON.parse(written[0]!)).to.have.all.keys('time', 'action', 'container', 'image');
  });

  it('makes what fails where it is wrong: types by place, then the test', async () => {
    await init();
    edit('record.action', 'record.actoin');
    const told =
      "containers.ts:7:101: Property 'actoin' does not exist on type 'DockerEvent'. Did you mean 'action'? (TS2551)\n";
    expect(await inIt('check', 'containers.ts')).to.deep.equal({ code: 2, stdout: '', stderr: told });
    expect(await inIt('test')).to.deep.equal({ code: 2, stdout: '', stderr: told });
    edit('record.actoin', 'record.action');
    edit("'die'", "'stop'");
    const { code, stdout } = await inIt('test');
    expect(code).to.equal(1);
    expect(stdout).to.contain("missing: matching({ action: 'die', container: 'web', exitCode: 137 })");
  });

  it('makes what an editor and plain tsc understand once npm has installed it', async () => {
    await init();
    for (const [name, target] of [
      ['dockrx', ROOT],
      ['rxjs', join(ROOT, 'node_modules/rxjs')],
      ['@types/node', join(ROOT, 'node_modules/@types/node')],
    ] as const) {
      const link = join(made(), 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(target, link);
    }
    const tsc = join(ROOT, 'node_modules/@typescript/native/bin/tsc');
    const listed = execFileSync(process.execPath, [tsc, '--listFilesOnly'], {
      cwd: made(),
      encoding: 'utf8',
    });
    expect(listed).to.match(/containers\.test\.ts$/m);
    expect(execFileSync(process.execPath, [tsc], { cwd: made(), encoding: 'utf8' })).to.equal('');
  });

  it('takes the current folder, and writes over nothing', async () => {
    folder.write({ 'notes.md': 'mine', 'package.json': '{}', 'containers.ts': '// mine' });
    expect(await folder.run(['init'])).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: `${realpathSync(folder.path)}: has containers.ts, package.json already: name another folder, or move them away\n`,
    });
    expect(readdirSync(folder.path).sort()).to.deep.equal(['containers.ts', 'notes.md', 'package.json']);
    expect(readFileSync(join(folder.path, 'containers.ts'), 'utf8')).to.equal('// mine');
    mkdirSync(join(folder.path, 'Älter & neu!'));
    const { code, stdout } = await startProgram(
      process.execPath,
      [PROGRAM, 'init'],
      join(folder.path, 'Älter & neu!'),
    ).done;
    expect(code).to.equal(0);
    expect(stdout).not.to.contain('cd ');
    expect(manifest(join(folder.path, 'Älter & neu!'))).to.include({ name: 'lter-neu' });
  });

  it('says what is in the way of the folder itself', async () => {
    folder.write({ file: '' });
    for (const name of ['file', 'file/below'])
      expect(await folder.run(['init', name])).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: `${name}: is in the way, and no folder\n`,
      });
  });

  describe('without leave', () => {
    needs('root');

    it('says so', async () => {
      execFileSync('chmod', ['755', folder.path]);
      const code = `process.setuid(65534); process.argv[2] = 'init'; process.argv[3] = 'new'; await import(${JSON.stringify(PROGRAM)});`;
      const run = startProgram(
        process.execPath,
        ['--input-type=module', '-e', code, 'pipeline', 'init', 'new'],
        folder.path,
      );
      const { stderr } = await run.done;
      expect(stderr).to.match(/^new: cannot be made: EACCES/);
    });
  });
});
