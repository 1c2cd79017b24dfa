import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useFolder } from '../cli/program.ts';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';

const CONTAINERS = 40;
const VERSIONS = 5;

const version = (n: number): string => `
import { dockerEvents, ndjsonFile, pipeline } from 'dockrx';
import { map } from 'rxjs';
const filters = { type: ['container'], event: ['create'] };
const versioned = map((event: object) => ({ ...event, version: ${n} }));
export default pipeline('created', dockerEvents({ filters }), versioned, ndjsonFile({ path: 'out.ndjson' }));
`;

for (const kind of engineKinds())
  describe(`run --watch and tap with a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const folder = useFolder();

    it('brings every event exactly once while the file is written again and again', async () => {
      const env = { DOCKER_HOST: engine().dockerHost, XDG_RUNTIME_DIR: folder.path };
      const names = (): string[] =>
        readFileSync(join(folder.path, 'out.ndjson'), 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { attributes?: { name?: string } }).attributes?.name ?? line);
      folder.write({ 'p.ts': version(0) });
      const running = folder.start(['run', '--watch', 'p.ts'], env);
      let said = '';
      running.child.stderr!.on('data', (text: string) => (said += text));
      await running.says(/watching/);
      await running.says(/connected to/);
      const tapping = folder.start(['tap', 'created:dockerEvents', '--match', 'container=c*'], env);
      const create = (name: string): Promise<unknown> =>
        engine().docker('create', '--name', name, engine().image, 'true');
      const tapped = new AbortController();
      void tapping.says(/"c-/).then(() => tapped.abort());
      for (let n = 0; !tapped.signal.aborted; n += 1) await create(`c-${n}`);
      const creating = (async () => {
        for (let n = 0; n < CONTAINERS; n += 1) await create(`c${n}`);
      })();
      for (let n = 1; n <= VERSIONS; n += 1) {
        folder.write({ 'p.ts': version(n) });
        await becomes(() => {
          const parts = said.split('has changed: its pipelines are run anew');
          return parts.length > n && parts.at(-1)!.includes('connected to');
        });
      }
      await creating;
      const last = `c${CONTAINERS - 1}`;
      await becomes(() => names().includes(last));
      await tapping.says(new RegExp(`"${last}"`));
      running.child.kill('SIGINT');
      expect((await running.done).code).to.equal(0);
      const { code, stdout, stderr } = await tapping.done;
      expect({ code, stderr }).to.deep.equal({
        code: 0,
        stderr: `${'its file has changed: what follows is of the new one\n'.repeat(VERSIONS)}created has ended\n`,
      });
      const created = Array.from({ length: CONTAINERS }, (_, n) => `c${n}`);
      expect(names().filter((name) => /^c\d/.test(name))).to.deep.equal(created);
      const shown = [...stdout.matchAll(/"name":"(c\d+)"/g)].map(([, name]) => name);
      expect(shown).to.deep.equal(created);
    });
  });
