import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { from, Subject } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen, ofType } from '../../contracts/listen.ts';
import { openFiles } from '../../contracts/resources.ts';
import { smallDisk } from '../../small-disk.ts';
import { eventually, parsed, temporaryFolder } from './folders.ts';

describe('ndjsonFile where it may not write', () => {
  describe('at the start', () => {
    const folder = temporaryFolder();
    const failure = async (path: string): Promise<Error> => {
      const heard = listen(ndjsonFile({ path: join(folder(), path) }), from([{ name: 'x' }]));
      const error = await heard.end.then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error, 'refused and not tried again').to.have.property('code', 'SINK_REFUSED');
      expect(ofType(heard.signals, 'retrying')).to.deep.equal([]);
      return error!;
    };

    it('says so when a part of the path is a file', async () => {
      await writeFile(join(folder(), 'data'), '');
      for (const path of ['data/stats.ndjson', 'data/more/stats.ndjson', 'data/{name}.ndjson'])
        expect((await failure(path)).message).to.match(
          /^cannot write .*\/data.* \((ENOTDIR|EEXIST)\): a part of the path is a file and no folder: move it away/,
        );
    });

    it('says so when there is a folder of that name', async () => {
      await mkdir(join(folder(), 'stats.ndjson'));
      expect((await failure('stats.ndjson')).message).to.match(/\(EISDIR\): there is a folder of that name/);
    });

    it('says so when the user may not write to the folder or the file', () => {
      const at = (path: string): string => join(folder(), path);
      mkdirSync(at('closed'));
      chmodSync(at('closed'), 0o555);
      mkdirSync(at('open'));
      chmodSync(at('open'), 0o777);
      writeFileSync(at('open/closed.ndjson'), '', { mode: 0o444 });
      chmodSync(folder(), 0o755);
      const denied = [
        'closed/x.ndjson',
        'closed/more/x.ndjson',
        'closed/{name}.ndjson',
        'open/closed.ndjson',
      ];
      const outcomes = triedByNobody([...denied, 'open/{name}.ndjson'].map(at));
      expect(outcomes.map(({ code }) => code)).to.deep.equal([
        ...denied.map(() => 'SINK_REFUSED'),
        'written',
      ]);
      for (const { message } of outcomes.slice(0, -1))
        expect(message).to.match(
          /^cannot write \/.* \(EACCES\): this user may not write there: change the owner or mode of \/.*, or choose/,
        );
    });
  });

  describe('on a read-only file system', () => {
    const disk = smallDisk('size=256k');

    it('says so at the start', async () => {
      disk.remount('ro');
      for (const name of ['stats.ndjson', '{name}.ndjson', 'more/stats.ndjson']) {
        const heard = listen(ndjsonFile({ path: join(disk.folder(), name) }), from([1]));
        const error: unknown = await heard.end.catch((reason: unknown) => reason);
        expect(error).to.have.property('code', 'SINK_REFUSED');
        expect((error as Error).message).to.match(
          /\(EROFS\): the file system is read-only: mount it writable, or/,
        );
      }
    });

    it('waits when it has become so meanwhile', async () => {
      const path = join(disk.folder(), 'stats.ndjson');
      const input = new Subject<unknown>();
      const heard = listen(ndjsonFile({ path }), input);
      input.next(1);
      await heard.until(({ delivered }) => delivered === 1);
      process.kill(process.pid, 'SIGHUP');
      await eventually(() => !openFiles().includes(path));
      disk.remount('ro');
      input.next(2);
      const { error } = await heard.first('retrying');
      expect(error).to.have.property('code', 'SINK_UNAVAILABLE');
      expect((error as Error).message).to.match(/\(EROFS\): the file system is read-only/);
      disk.remount('rw');
      await heard.first('recovered');
      input.complete();
      await heard.end;
      expect(await readFile(path, 'utf8')).to.equal('1\n2\n');
    });
  });

  describe('to a folder among others', () => {
    const folder = temporaryFolder();

    it('waits until it may', async () => {
      const input = new Subject<unknown>();
      const heard = listen(ndjsonFile({ path: join(folder(), '{name}/x.ndjson') }), input);
      input.next({ name: 'one' });
      await heard.until(({ delivered }) => delivered === 1);
      await writeFile(join(folder(), 'two'), '');
      input.next({ name: 'two' });
      const { error } = await heard.first('retrying');
      expect((error as Error).message).to.match(/two\/x\.ndjson \(EEXIST\): a part of the path is a file/);
      await rm(join(folder(), 'two'));
      await heard.first('recovered');
      input.complete();
      await heard.end;
      expect(await readFile(join(folder(), 'two', 'x.ndjson'), 'utf8')).to.equal('{"name":"two"}\n');
    });
  });
});

interface Outcome {
  readonly code: string;
  readonly message: string;
}

/** Permissions do not bind root. */
function triedByNobody(paths: readonly string[]): readonly Outcome[] {
  const program = fileURLToPath(new URL('denied-program.ts', import.meta.url));
  const out = execFileSync(process.execPath, ['--import', 'tsx', program, ...paths], { encoding: 'utf8' });
  return parsed(out) as Outcome[];
}
