import { expect } from 'chai';
import { useFolder } from '../cli/program.ts';
import { freePort } from '../harness/free-port.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { useBrowser } from '../web/browser.ts';

const LIMIT = ['--memory', '16m', '--memory-swap', '16m'];

for (const kind of engineKinds())
  describe(`the live page of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const open = useBrowser();
    const folder = useFolder();

    it('shows a container that is started, killed for want of memory, and removed, also over a kill of dockrx', async () => {
      const port = await freePort();
      const live = async () => {
        const args = ['live', '--no-open', '--listen', `127.0.0.1:${port}`, '--state', 'state'];
        const program = folder.start(args, { DOCKER_HOST: engine().dockerHost });
        await program.says(/\/live\/\n/);
        return program;
      };
      const program = await live();
      const { page, complaints } = await open(`http://127.0.0.1:${port}/live/`);
      await page.getByText('No containers').waitFor();
      const row = page.locator('.line[data-name="greedy"]');
      const lines = (mark: string) => page.locator(`.happening.${mark}`, { hasText: 'greedy' });

      const wait = 'while [ ! -e /go ]; do usleep 20000; done; tail /dev/zero';
      const command = ['run', '--detach', '--name', 'greedy', ...LIMIT, engine().image, 'sh', '-c', wait];
      await engine().docker(...command);
      await row.locator('.memory', { hasText: 'of 16.0 MiB' }).waitFor();
      await row.locator('.cpu', { hasText: /\d %/ }).waitFor();
      await row.click();
      await becomes(
        async () =>
          Number(await page.locator('.chart [data-points]').first().getAttribute('data-points')) > 2,
      );
      await page.keyboard.press('Escape');

      program.child.kill('SIGKILL');
      await page.waitForSelector('[data-link="away"]');
      await engine().docker('exec', 'greedy', 'touch', '/go');
      const again = await live();
      await page.waitForSelector('[data-link="live"][data-reconnects="1"]');
      await row.locator('.state', { hasText: 'exited (137)' }).first().waitFor();
      // Podman tells of no kill, and Docker not of every one.
      const flag = await engine().docker('inspect', '--format', '{{.State.OOMKilled}}', 'greedy');
      if (flag.trim() !== 'true') await lines('failed').first().waitFor();
      else {
        await row.locator('.badge', { hasText: 'OOM' }).waitFor();
        await lines('oom').first().waitFor();
      }

      await engine().remove('greedy');
      await page.waitForSelector('.line.removed[data-name="greedy"]');
      await row.waitFor({ state: 'detached' });
      expect(complaints.filter((line) => !line.includes('ERR_CONNECTION_REFUSED'))).to.deep.equal([]);
      again.child.kill('SIGTERM');
      expect((await again.done).code).to.equal(0);
    });
  });
