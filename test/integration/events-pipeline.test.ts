import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, useFolder, type Started } from '../cli/program.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import type { Flat } from './main-job.ts';

const LIVE = 'containers.log';
const MiB = 1024 * 1024;
const LINES = 20_000;

/** Nothing of a file that is put aside in this moment. */
const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

for (const kind of engineKinds())
  describe(`pipelines/events.ts on a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const folder = useFolder();
    const isPodman = kind.startsWith('podman');
    afterEach(() => engine().removeAll());

    const eventsDir = (): string => join(folder.path, 'events');
    const start = async (env: NodeJS.ProcessEnv = {}): Promise<Started> => {
      const args = ['run', '--listen', '127.0.0.1:0', '--state', 'state', '--audit'];
      const program = folder.start([...args, join(ROOT, 'pipelines/events.ts')], {
        DOCKER_HOST: engine().dockerHost,
        EVENTS_DIR: eventsDir(),
        ...env,
      });
      for (const source of ['dockerEvents', 'dockerStats', 'dockerLogs'])
        await program.says(new RegExp(`"stage":"${source}","fact":"connected"`));
      return program;
    };
    const stop = async ({ child, done }: Started): Promise<void> => {
      child.kill('SIGTERM');
      const { code, stderr } = await done;
      expect(code, stderr.slice(-2000)).to.equal(0);
    };
    const rotated = (): readonly string[] =>
      readdirSync(eventsDir())
        .filter((name) => /^containers\.log-\d{14}$/.test(name))
        .sort();
    const read = (): readonly Flat[] =>
      [...rotated(), LIVE]
        .flatMap((name) => textOf(join(eventsDir(), name)).split('\n').slice(0, -1))
        .map((line) => JSON.parse(line) as Flat);
    const run = (name: string, ...args: readonly string[]): Promise<string> =>
      engine().docker('run', '--detach', '--name', name, ...args);

    it('writes events, readings and logs into one file, where there are terminals also of one', async () => {
      const program = await start();
      const shell = [
        engine().image,
        'sh',
        '-c',
        'echo out; sleep 1; echo err >&2; printf "no end"; sleep 1000',
      ];
      await run('plain', ...shell);
      // Podman makes no terminal in here.
      const names = isPodman ? ['plain'] : ['plain', 'tty'];
      if (!isPodman) await run('tty', '--tty', ...shell);
      const of = (name: string): readonly Flat[] =>
        read().filter(({ container, synthetic }) => container === `/${name}` && synthetic !== true);
      for (const name of names)
        await becomes(
          () =>
            of(name).some((line) => line['event_status'] === 'start') &&
            of(name).filter((line) => 'cpu_total_usage' in line).length >= 2 &&
            of(name).filter((line) => 'log' in line).length >= 2,
        );
      // A network of its own: what mesoscloud/events did not survive.
      await engine().docker('network', 'create', 'other');
      await becomes(() => isPodman || read().some((line) => line['event_Type'] === 'network'));
      await engine().docker('kill', ...names);
      for (const name of names) await becomes(() => of(name).some(({ log }) => log === 'no end'));
      await stop(program);

      const logs = of('plain').filter((line) => 'log' in line);
      expect(logs.map(({ log, stream }) => [stream, log])).to.have.deep.members([
        ['stdout', 'out\n'],
        ['stderr', 'err\n'],
        ['stdout', 'no end'],
      ]);
      const reading = of(names.at(-1)!).find((line) => 'cpu_total_usage' in line)!;
      const keys = Object.keys(reading);
      const once = ['@timestamp', 'container', 'container_id', 'image', 'image_id', 'memory_usage'];
      expect(keys).to.include.members([...once, 'network_rx_bytes', 'network_tx_packets']);
    });

    it(`puts files aside at 1 MiB, with all of ${LINES} lines in them once, over a restart, and deletes them`, async () => {
      mkdirSync(eventsDir());
      writeFileSync(join(eventsDir(), `${LIVE}-20150901061717`), '{}\n');
      const first = await start();
      await becomes(() => !existsSync(join(eventsDir(), `${LIVE}-20150901061717`)));
      const count = `i=0; while [ $i -lt ${LINES} ]; do echo line-$i; i=$((i+1)); done`;
      await run('chatty', engine().image, 'sh', '-c', `${count}; sleep 1000`);
      await becomes(() => rotated().length > 0);
      await stop(first);
      const second = await start();
      const numbers = (): readonly string[] =>
        read().flatMap(({ log }) => /^line-(\d+)\n$/.exec(String(log))?.[1] ?? []);
      await becomes(() => numbers().length >= LINES);
      await stop(second);
      expect(numbers()).to.deep.equal(Array.from({ length: LINES }, (_, i) => String(i)));
      expect(rotated().length).to.be.above(1);
      for (const name of rotated()) expect(statSync(join(eventsDir(), name)).size).to.be.above(MiB / 2);

      const third = await start({ KEEP_SECONDS: '1' });
      await becomes(() => rotated().length === 0);
      await stop(third);
      expect(existsSync(join(eventsDir(), LIVE))).to.equal(true);
    });
  });
