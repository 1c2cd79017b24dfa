import { expect } from 'chai';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Gap } from '../../src/records/gap.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { program } from '../feed/kills.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { rawLog } from './raw-log.ts';

/** Written by all containers together, or a few more. */
const LINES = Number(process.env['LOG_LINES'] ?? 1_000_000);
const CONTAINERS = 50;
const PARTS = 40;
/** One more than needed: an engine that is stopped loses the line of each container that it has read and not yet kept. */
const PER_PART = Math.ceil(LINES / CONTAINERS / PARTS) + 1;

/** Writes its lines in parts, with a little time between, so that what happens to either side happens in between. */
const WRITER = `n=0; while [ $n -lt ${PARTS} ]; do seq $((n * ${PER_PART} + 1)) $(((n + 1) * ${PER_PART})); n=$((n + 1)); sleep 0.4; done`;

for (const kind of engineKinds().filter((each) => each === 'docker-28.5'))
  describe(`every line of a real engine (${kind})`, function () {
    this.timeout(900_000);
    // Containers live on while the engine is away: what they write waits for it.
    const engine = useEngine(kind, ['--live-restore']);
    let folder: string;
    before(() => (folder = mkdtempSync(join(tmpdir(), 'dockrx-logs-'))));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const file = (): string => join(folder, 'logs.ndjson');
    const bytes = (): number => statSync(file(), { throwIfNoEntry: false })?.size ?? 0;

    it(`comes once through two SIGKILLs of dockrx and a restart of the engine (${LINES} lines)`, async () => {
      const names = Array.from({ length: CONTAINERS }, (_, i) => `writer-${i}`);
      const dockrx = program(new URL('logs-program.ts', import.meta.url), folder, engine().dockerHost);
      dockrx.start();
      const run = (name: string): Promise<string> =>
        engine().docker('run', '--detach', '--name', name, engine().image, 'sh', '-c', WRITER);
      for (const name of names) await run(name);
      const grows = async (): Promise<void> => {
        const had = bytes();
        await becomes(() => bytes() > had);
      };
      await grows();
      await dockrx.kill();
      dockrx.start();
      await grows();
      // It writes its lines once more.
      await engine().docker('restart', '--time', '0', 'writer-0');
      await engine().restart();
      await grows();
      await dockrx.kill();
      dockrx.start();
      const isRunning = async (): Promise<boolean> =>
        ((await engine().api('GET', '/containers/json')) as unknown[]).length > 0;
      await becomes(async () => !(await isRunning()));

      const expected = new Map<string, readonly string[]>();
      for (const name of names)
        expected.set(
          name,
          (await rawLog(engine().socketPath, name)).map(({ time, text }) => `${time} ${text}`),
        );
      const total = [...expected.values()].reduce((sum, { length }) => sum + length, 0);
      const written = new Map<string, string[]>(names.map((name) => [name, []]));
      const gaps: Gap[] = [];
      let size = -1;
      await becomes(async () => {
        const same = bytes() === size;
        size = bytes();
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return same;
      });
      await dockrx.kill();
      for await (const line of createInterface({ input: createReadStream(file()) })) {
        const record = JSON.parse(line) as LogLine | Gap;
        if (record.kind === 'gap') gaps.push(record);
        else written.get(record.container.name)!.push(`${record.time} ${record.text}`);
      }

      for (const name of names) expect(written.get(name), name).to.deep.equal(expected.get(name));
      expect(gaps).to.deep.equal([]);
      expect(total).to.be.at.least(LINES);
      await engine().removeAll();
    });
  });
