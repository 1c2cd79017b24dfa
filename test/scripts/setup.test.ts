import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const COMPILED = 'setup: compiling src into dist, and the live page into dist/web\n';

describe('setup', function () {
  this.timeout(120_000);
  let root: string;
  beforeEach(() => (root = miniature()));
  afterEach(() => rmSync(root, { recursive: true }));

  it('compiles once, and then finds nothing to do', () => {
    expect(setUp(root)).to.deep.equal({ status: 0, told: COMPILED });
    expect(readFileSync(join(root, 'dist/index.js'), 'utf8')).to.contain('answer = 42');
    expect(setUp(root)).to.deep.equal({ status: 0, told: '' });
  });

  it('compiles again what changed, and drops what is gone', () => {
    writeFileSync(join(root, 'src/extra.ts'), 'export const extra: number = 1;\n');
    setUp(root);
    expect(existsSync(join(root, 'dist/extra.js'))).to.equal(true);
    rmSync(join(root, 'src/extra.ts'));
    writeFileSync(join(root, 'src/index.ts'), 'export const answer: number = 43;\n');
    inTheFuture(join(root, 'src/index.ts'));
    expect(setUp(root).told).to.equal(COMPILED);
    expect(readFileSync(join(root, 'dist/index.js'), 'utf8')).to.contain('answer = 43');
    expect(existsSync(join(root, 'dist/extra.js'))).to.equal(false);
  });

  it('keeps the last good dist when src does not compile', () => {
    setUp(root);
    writeFileSync(join(root, 'src/index.ts'), 'export const answer: string = 42;\n');
    inTheFuture(join(root, 'src/index.ts'));
    const { status, told } = setUp(root);
    expect(status).to.equal(1);
    expect(told).to.contain('src/index.ts(1,14)').and.contain('src does not compile');
    expect(readFileSync(join(root, 'dist/index.js'), 'utf8')).to.contain('answer = 42');
  });

  it('builds the page with it, again when only that has changed, and keeps the last one that was good', () => {
    setUp(root);
    const page = (): string => readFileSync(join(root, 'dist/web/index.html'), 'utf8');
    expect(page()).to.contain('a page');
    writeFileSync(join(root, 'web/index.html'), '<title>another page</title>\n');
    inTheFuture(join(root, 'web/index.html'));
    expect(setUp(root)).to.deep.equal({ status: 0, told: COMPILED });
    expect(page()).to.contain('another page');
    writeFileSync(join(root, 'web/index.html'), '<script type="module" src="./absent.js"></script>\n');
    inTheFuture(join(root, 'web/index.html'));
    const { status, told } = setUp(root);
    expect(status).to.equal(1);
    expect(told).to.contain('absent.js').and.contain('web does not compile');
    expect(page()).to.contain('another page');
  });

  it('installs when the lock names what is not there, and says so when it cannot', () => {
    const lock = {
      'node_modules/absent': { version: '1.0.0', resolved: 'http://127.0.0.1:9/absent-1.0.0.tgz' },
    };
    writeJson(join(root, 'package-lock.json'), lockOf(lock, { absent: '1.0.0' }));
    writeJson(join(root, 'package.json'), {
      name: 'miniature',
      version: '1.0.0',
      dependencies: { absent: '1.0.0' },
    });
    const { status, told } = setUp(root);
    expect(status).to.equal(1);
    expect(told).to.contain('setup: installing packages').and.contain('npm ci failed');
  });

  it('installs when a package is there in another version', () => {
    const other = { 'node_modules/@typescript/native': { version: '0.0.1' } };
    writeJson(join(root, 'node_modules/.package-lock.json'), lockOf(other));
    writeJson(
      join(root, 'package-lock.json'),
      lockOf({ 'node_modules/@typescript/native': { version: '0.0.2' } }),
    );
    expect(setUp(root).told).to.contain('setup: installing packages');
  });

  it('refuses a Node that is too old, by name', () => {
    const script = readFileSync(join(root, 'scripts/setup.mjs'), 'utf8');
    for (const version of ['18.20.0', '20.18.3', '21.7.0', '22.11.0']) {
      writeFileSync(join(root, 'scripts/setup.mjs'), script.replace('process.versions.node', `'${version}'`));
      const { status, told } = setUp(root);
      expect(status, version).to.equal(1);
      expect(told).to.contain(`this is ${version}`);
    }
  });
});

/** A project of one file, with this project's own compiler and settings. */
function miniature(): string {
  const root = mkdtempSync(join(tmpdir(), 'dockrx-setup-'));
  for (const folder of ['src', 'web', 'scripts', 'node_modules']) mkdirSync(join(root, folder));
  for (const file of ['scripts/setup.mjs', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(join(PROJECT, file), join(root, file));
  for (const scope of ['@typescript', '@types', 'undici-types', 'vite'])
    symlinkSync(join(PROJECT, 'node_modules', scope), join(root, 'node_modules', scope));
  writeFileSync(join(root, 'web/index.html'), '<title>a page</title>\n');
  writeFileSync(join(root, 'src/index.ts'), 'export const answer: number = 42;\n');
  writeJson(join(root, 'package.json'), { name: 'miniature', version: '1.0.0', type: 'module' });
  writeJson(join(root, 'package-lock.json'), lockOf({}));
  writeJson(join(root, 'node_modules/.package-lock.json'), lockOf({}));
  return root;
}

function lockOf(packages: object, dependencies: object = {}): object {
  return {
    name: 'miniature',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: { '': { dependencies }, ...packages },
  };
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, JSON.stringify(value));
}

/** Later than the compilation that came before, however coarse the clock of the file system. */
function inTheFuture(path: string): void {
  const then = Date.now() / 1000 + 60;
  utimesSync(path, then, then);
}

function setUp(root: string): { status: number | null; told: string } {
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    npm_config_registry: 'http://127.0.0.1:9',
    npm_config_fetch_retries: '0',
    npm_config_cache: join(root, 'npm-cache'),
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/setup.mjs'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  return { status, told: stdout + stderr };
}
