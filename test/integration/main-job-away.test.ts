import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineKinds } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';
import { becomes } from '../sources/hear.ts';
import { identityOfFlat, isLive, isMark, isOf, mainJob } from './main-job.ts';
import { identityOfLine, rawReader } from './raw-reader.ts';

for (const kind of engineKinds())
  describe(`the main job on a real engine that goes away (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    let folder: string;
    before(() => (folder = mkdtempSync(join(tmpdir(), 'dockrx-main-job-'))));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const mark = (name: string): Promise<string> => engine().docker('volume', 'create', name);

    it('goes on when the engine is killed and started again, and when it stands still', async () => {
      const job = mainJob(folder, engine().dockerHost);
      await job.connected(1);
      const running = (name: string): Promise<string> =>
        engine().docker('run', '--detach', '--stop-timeout', '1', '--name', name, engine().image);
      const isRead = (name: string): Promise<void> => becomes(() => job.stats().some(isOf(name)));
      const isTold = (name: string): Promise<void> => becomes(() => job.events().some(isMark(name)));
      await running('first');
      await isRead('first');
      await mark('before-kill');
      await isTold('before-kill');
      await engine().kill();
      await engine().restart();
      await job.connected(2);
      await mark('after-kill');
      await isTold('after-kill');
      await running('second');
      await isRead('second');
      // Podman's containers live on without it; a Docker that starts ends those of the one before.
      const had = job.stats().filter(isOf('first')).length;
      if (isPodman) await becomes(() => job.stats().filter(isOf('first')).length > had);
      const since = await rawReader(engine().socketPath, '/events?since=0');
      await engine().docker('run', '--detach', '--name', 'third', engine().image, 'sleep', '2');
      await engine().freeze();
      await new Promise((resolve) => setTimeout(resolve, 5000));
      engine().thaw();
      await engine().api('POST', '/containers/third/wait');
      await mark('after-freeze');
      await isTold('after-freeze');
      await running('fourth');
      await isRead('fourth');
      const results = await job.stop();
      expect(results.map(({ outcome, abandoned }) => [outcome, abandoned])).to.deep.equal([
        ['stopped', 0],
        ['stopped', 0],
      ]);
      const events = job.events().filter(isLive);
      const written = events.map(identityOfFlat);
      expect(new Set(written).size).to.equal(written.length);
      await since.until((lines) => lines.some((line) => line.includes('"after-freeze"')));
      since.stop();
      const begun = events[0]!['event_timeNano'] as string;
      const until = since.lines.findIndex((line) => line.includes('"after-freeze"'));
      const told = since.lines.slice(0, until + 1).map(identityOfLine);
      const own = told.filter((identity) => identity.split(' ')[0]! >= begun);
      expect(own.length).to.be.greaterThan(5);
      expect(written).to.include.members(own);
      // What Docker remembers ends with it, Podman's history is a file.
      expect(since.lines.some((line) => line.includes('"before-kill"'))).to.equal(isPodman);
      await engine().removeAll();
    });
  });
