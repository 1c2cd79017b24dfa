import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url));

describe('npm test', function () {
  this.timeout(120_000);

  it('closes with what passed', () => {
    expect(npmTest('passes')).to.deep.include({ status: 0, closing: '1 passed, 0 failed' });
  });

  it('closes with what failed and was skipped, and fails', () => {
    expect(npmTest('fails')).to.deep.include({ status: 1, closing: '1 passed, 1 failed, 1 skipped' });
  });

  it('counts a file that does not load as a failure', () => {
    const { status, closing, output } = npmTest('crashes');
    expect({ status, closing }).to.deep.equal({ status: 1, closing: '0 passed, 1 failed' });
    expect(output).to.contain('while it is loaded');
  });

  it('counts a bad end after the last test as a failure', () => {
    expect(npmTest('exits')).to.deep.include({ status: 1, closing: '1 passed, 1 failed' });
  });

  it('counts it as a failure when the tests leave something open', () => {
    const { status, closing, output } = npmTest('lingers');
    expect({ status, closing }).to.deep.equal({ status: 1, closing: '1 passed, 1 failed' });
    expect(output).to.contain('left something open: ').and.contain('Timeout');
  });

  it('closes truthfully when it is interrupted', async () => {
    const child = spawn(process.execPath, [SCRIPT, fixture('hangs')], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes('hanging') && !child.killed) child.kill('SIGINT');
    }
    expect(closingOf(output)).to.equal('0 passed, 1 failed');
    expect(child.exitCode ?? (await once(child, 'exit'))[0]).to.equal(1);
  });

  it('fails when no test was run', () => {
    expect(npmTest('passes', {}, ['--grep', 'nothing is called this'])).to.deep.include({
      status: 1,
      closing: '0 passed, 1 failed',
    });
  });

  it('skips a suite that lacks something, and says what', () => {
    const { status, closing, output } = npmTest('needs-root', { DOCKRX_ENGINES: 'docker-20.10' });
    expect({ status, closing }).to.deep.equal({ status: 0, closing: '1 passed, 0 failed, 2 skipped' });
    expect(output).to.contain('2 skipped: needs root for docker-20.10');
  });

  it('fails that suite under CI=true', () => {
    const { status, closing, output } = npmTest('needs-root', { DOCKRX_ENGINES: 'docker-20.10', CI: 'true' });
    expect({ status, closing }).to.deep.equal({ status: 1, closing: '1 passed, 1 failed' });
    expect(output).to.contain('needs root for docker-20.10');
  });

  it('skips, also under CI=true, an engine that DOCKRX_ENGINES leaves out', () => {
    const { status, closing, output } = npmTest('needs-root', { DOCKRX_ENGINES: 'none', CI: 'true' });
    expect({ status, closing }).to.deep.equal({ status: 0, closing: '1 passed, 0 failed, 2 skipped' });
    expect(output).to.contain('2 skipped: DOCKRX_ENGINES leaves out docker-20.10');
  });
});

interface Outcome {
  readonly status: number | null;
  readonly closing: string | undefined;
  readonly output: string;
}

function npmTest(name: string, env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, fixture(name), ...args], {
    encoding: 'utf8',
    env: { ...environment(), ...env },
  });
  return { status, closing: closingOf(stdout), output: stdout + stderr };
}

function fixture(name: string): string {
  return `test/harness/fixtures/${name}.ts`;
}

/** No engine, and nothing of what this run was told. */
function environment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, DOCKRX_ENGINES: 'none' };
}

function closingOf(output: string): string | undefined {
  return output.trimEnd().split('\n').at(-1);
}
