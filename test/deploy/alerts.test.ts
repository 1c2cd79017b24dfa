import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { needs } from '../harness/needs.ts';

const FOLDER = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

function promtool(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: FOLDER, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('deploy/prometheus', () => {
  needs('prometheus');

  it('has a configuration and rules that promtool accepts', () => {
    const { status, said } = promtool('check', 'config', 'prometheus.yml');
    expect(status, said).to.equal(0);
  });

  it('has rules that say what their tests expect', () => {
    const { status, said } = promtool('test', 'rules', 'alerts.test.yml');
    expect(status, said).to.equal(0);
  });

  it('has a test of every alert: when it is told, and when not', () => {
    const names = (file: string, pattern: RegExp): readonly string[] =>
      [...readFileSync(FOLDER + file, 'utf8').matchAll(pattern)].map(([, name]) => name!);
    const alerts = names('alerts.yml', /- alert: (\w+)/g);
    expect(alerts.length).to.be.above(10);
    const told = names('alerts.test.yml', /alertname: (\w+)\n\s+exp_alerts/g);
    const notTold = names('alerts.test.yml', /alertname: (\w+)\n(?!\s+exp_alerts)/g);
    expect([...new Set(told)].sort()).to.deep.equal([...alerts].sort());
    expect([...new Set(notTold)].sort()).to.deep.equal([...alerts].sort());
  });
});
