import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulator } from '../../src/simulator/index.ts';
import { LINES_SINK, logLines, useFolder } from './program.ts';

const STATS = `
import { dockerStats, pipeline } from 'dockrx';
import { take } from 'rxjs';
import { lines } from './lines.ts';
export default pipeline('stats', dockerStats(), take(3), lines('stats.out'));
`;

describe('cli: run --simulate', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'lines.ts': LINES_SINK, 'p.ts': STATS }));
  const absent = (): NodeJS.ProcessEnv => ({ DOCKER_HOST: `unix://${join(folder.path, 'absent.sock')}` });
  const records = (): unknown[] =>
    readFileSync(join(folder.path, 'stats.out'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  const connectedTo = (stderr: string): object | undefined =>
    logLines(stderr).find(({ fact }) => fact === 'connected');

  it('reads the simulated engine whatever the environment names, says so, and leaves nothing behind', async () => {
    const TLS = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere', DOCKER_CONTEXT: 'nowhere' };
    const { code, stderr } = await folder.run(['run', '--simulate', 'p.ts'], { ...absent(), ...TLS });
    expect(code, stderr).to.equal(0);
    const [first] = logLines(stderr) as unknown as [{ host: string }];
    expect(first).to.include({
      level: 'warn',
      msg: 'running against a simulated engine: its records are marked "simulated": true',
    });
    expect(connectedTo(stderr)).to.include({ to: first.host, simulated: true });
    expect(records()).to.have.length(3);
    expect(existsSync(first.host.replace('unix://', ''))).to.equal(false);
  });

  it('with if-absent says what was tried before it simulates', async () => {
    const { code, stderr } = await folder.run(['run', '--simulate=if-absent', 'p.ts'], absent());
    expect(code, stderr).to.equal(0);
    expect(logLines(stderr)[0]?.['msg'])
      .to.match(
        /^no Docker engine answers \(.+\); running against a simulated engine: its records are marked/,
      )
      .and.to.contain(join(folder.path, 'absent.sock'));
    expect(connectedTo(stderr)).to.include({ simulated: true });
    expect(records()).to.have.length(3);
  });

  it('with if-absent reads the engine that answers', async () => {
    const engine = await startSimulator({ containers: 3 });
    try {
      const { code, stderr } = await folder.run(['run', '--simulate', 'if-absent', 'p.ts'], {
        DOCKER_HOST: engine.host,
      });
      expect(code, stderr).to.equal(0);
      expect(stderr).not.to.contain('running against');
      expect(connectedTo(stderr)).to.include({ to: engine.host });
    } finally {
      await engine.close();
    }
  });

  it('with if-absent hides no wrong setting', async () => {
    const { code, stderr } = await folder.run(['run', '--simulate=if-absent', 'p.ts'], {
      DOCKER_HOST: 'what:ever',
    });
    expect(code).to.equal(1);
    expect(stderr).not.to.contain('running against');
    expect(logLines(stderr).find(({ level }) => level === 'error')?.['msg']).to.match(
      /^failed: DOCKER_HOST is "what:ever"/,
    );
  });

  it('ends the simulated engine when a file is wrong', async () => {
    folder.write({ 'p.ts': 'const = 1;' });
    const { code, stderr } = await folder.run(['run', '--simulate', 'p.ts']);
    expect(code).to.equal(2);
    const [{ host }] = logLines(stderr) as unknown as [{ host: string }];
    expect(existsSync(host.replace('unix://', ''))).to.equal(false);
    expect(stderr.trimEnd().split('\n').at(-1)).to.equal('p.ts:1:7: Expected identifier but found "="');
  });
});
