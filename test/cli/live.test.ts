import { expect } from 'chai';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasDesktop } from '../../src/cli/live-command.ts';
import { ask } from '../http/asking.ts';
import { becomes } from '../sources/hear.ts';
import { useFolder } from './program.ts';
import type { Started } from './program.ts';

describe('cli: live', function () {
  this.timeout(60_000);
  const folder = useFolder();
  /** A desktop whose browser writes down what it is to open. */
  const desktop = (): NodeJS.ProcessEnv => {
    folder.write({ 'bin/xdg-open': '#!/bin/sh\nprintf %s "$1" > opened\n' });
    chmodSync(join(folder.path, 'bin/xdg-open'), 0o755);
    const PATH = `${join(folder.path, 'bin')}:${process.env['PATH']!}`;
    return { PATH, DISPLAY: ':0', CI: '', SSH_CONNECTION: '', SSH_TTY: '' };
  };
  const live = async (
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<{ url: string; end: Started }> => {
    let stdout = '';
    const end = folder.start(['live', '--simulate', '--listen', '127.0.0.1:0', ...args], env);
    end.child.stdout!.on('data', (text: Buffer) => (stdout += text.toString()));
    await end.says(/\/live\/\n/);
    return { url: stdout.trim(), end };
  };
  const stop = async ({ child, done }: Started): Promise<void> => {
    child.kill('SIGTERM');
    expect((await done).code).to.equal(0);
  };

  it('needs nothing: it serves a page, prints its address and opens it', async () => {
    const { url, end } = await live([], desktop());
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/live\/$/);
    expect((await ask(url)).status).to.equal(200);
    const opened = join(folder.path, 'opened');
    await becomes(() => existsSync(opened) && readFileSync(opened, 'utf8') === url);
    await stop(end);
  });

  it('opens the page with its token', async () => {
    const { url, end } = await live([], { ...desktop(), DOCKRX_TOKEN: 'open&sesame' });
    const opened = join(folder.path, 'opened');
    await becomes(() => existsSync(opened) && readFileSync(opened, 'utf8') === `${url}?token=open%26sesame`);
    expect((await ask(`${url}api/state`)).status).to.equal(401);
    await stop(end);
  });

  it('opens nothing where it is told so', async () => {
    const { end } = await live(['--no-open'], desktop());
    await stop(end);
    expect(existsSync(join(folder.path, 'opened'))).to.equal(false);
  });

  it('lets everybody in by --insecure, and only then where there is no token', async () => {
    // An address that dockrx does not know for one of the loopback.
    const elsewhere = ['--no-open', '--listen', '[::ffff:127.0.0.1]:0'];
    const { code, stderr } = await folder.run(['live', '--simulate', ...elsewhere]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('can be reached by other machines').and.to.contain('--insecure');
    const { url, end } = await live([...elsewhere, '--insecure'], {});
    expect((await ask(`${url}api/state`)).status).to.equal(200);
    await stop(end);
  });

  it('lets other machines in only with a token', async () => {
    const { code, stderr } = await folder.run(['live', '--simulate', '--no-open', '--listen', '0.0.0.0:0']);
    expect(code).to.equal(1);
    expect(stderr).to.contain('0.0.0.0 can be reached by other machines: give it a token');
  });

  it('knows where nobody sits in front of the machine', () => {
    expect(hasDesktop({ DISPLAY: ':0' }, 'linux')).to.equal(true);
    expect(hasDesktop({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).to.equal(true);
    expect(hasDesktop({ DISPLAY: '' }, 'linux')).to.equal(false);
    expect(hasDesktop({}, 'darwin')).to.equal(true);
    for (const remote of ['CI', 'SSH_CONNECTION', 'SSH_TTY'])
      expect(hasDesktop({ DISPLAY: ':0', [remote]: '1' }, 'linux'), remote).to.equal(false);
  });
});
