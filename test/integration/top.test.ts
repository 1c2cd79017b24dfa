import { expect } from 'chai';
import { killTop, openTop } from '../cli/open-top.ts';
import { useFolder } from '../cli/program.ts';
import type { Started } from '../cli/program.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';

const LIMIT = ['--memory', '16m', '--memory-swap', '16m'];
/** Asks for its CPU and writes to its network until it is told to take more memory than it may. */
const BUSY =
  'while [ ! -e /go ]; do ping -c 1 -s 1400 127.0.0.1 >/dev/null; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; done; tail /dev/zero';

for (const kind of engineKinds())
  describe(`pipeline top of a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const folder = useFolder();
    let program: Started | undefined;
    afterEach(async () => {
      killTop(program);
      await engine().removeAll();
    });

    it('shows a container that is started, killed for want of memory, and removed', async () => {
      const terminal = openTop(folder.path, { DOCKER_HOST: engine().dockerHost });
      ({ program } = terminal);
      const { press, shows, screen } = terminal;
      await shows(/ 0 of 0 up /);
      const run = ['run', '--detach', '--name', 'greedy', ...LIMIT, engine().image, 'sh', '-c', BUSY];
      await engine().docker(...run);
      await shows(/^greedy +running/m);
      await shows(/ start +greedy/);
      await shows(/ 1 of 1 up /);
      // It computes: its share of a CPU is there, is not nothing, and moves.
      const cpu = (): string | undefined =>
        /^greedy .* (\d+\.\d) +[\d.]+ \wiB +\/ 16\.0 MiB/m.exec(screen().alternate?.join('\n') ?? '')?.[1];
      await becomes(() => Number(cpu() ?? 0) > 0);
      const before = cpu();
      await becomes(() => cpu() !== undefined && cpu() !== before);

      await engine().docker('exec', 'greedy', 'touch', '/go');
      // Podman tells of no kill: only that it died.
      await shows(kind.startsWith('podman') ? /DIED +greedy +ended with exit code 137/ : /OOM KILL +greedy/);
      await shows(/^greedy +(oom killed|exited 137)/m);
      await engine().remove('greedy');
      await shows(/ (destroy|remove) +greedy/);
      await shows(/ 0 of 0 up /);
      press('q');
      expect((await program.done).code).to.equal(0);
    });

    it('prints one table with rates, and ends, by --once', async () => {
      await engine().docker('run', '--detach', '--name', 'busy', ...LIMIT, engine().image, 'sh', '-c', BUSY);
      await engine()
        .docker('run', '--name', 'ended', engine().image, 'sh', '-c', 'exit 3')
        .catch(() => '');
      const { code, stdout, stderr } = await folder.run(['top', '--once'], {
        DOCKER_HOST: engine().dockerHost,
      });
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const [titles, ...lines] = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/));
      const rows = lines.map((line) => Object.fromEntries(titles!.map((title, i) => [title, line[i]])));
      expect(rows.map(({ NAME }) => NAME)).to.deep.equal(['busy', 'ended']);
      expect(rows[0]).to.include({ STATE: 'running', LIMIT: '16.0MiB', RESTARTS: '0', HEALTH: '-' });
      expect(rows[1]).to.include({ STATE: 'exited', EXIT: '3', 'CPU%': '-' });
      for (const title of ['CPU%', 'MEMORY', 'MEM%', 'PIDS']) expect(rows[0]![title], stdout).to.match(/^\d/);
      expect(Number(rows[0]!['CPU%'])).to.be.above(0);
    });
  });
