import { expect } from 'chai';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { from } from 'rxjs';
import { ndjsonFile } from '../../../src/sinks/ndjson-file.ts';
import { listen } from '../../contracts/listen.ts';
import { names, parsed, temporaryFolder } from './folders.ts';

describe('ndjsonFile stays in its folder', () => {
  const folder = temporaryFolder();
  const base = (): string => join(folder(), 'base');
  const outside = (): string => join(folder(), 'outside');
  beforeEach(async () => {
    await mkdir(base());
    await mkdir(outside());
  });

  const write = async (template: string, ...records: readonly unknown[]): Promise<unknown> =>
    listen(ndjsonFile({ path: join(base(), template) }), from(records)).end.then(
      () => undefined,
      (error: unknown) => error,
    );
  const refused = (error: unknown, message: RegExp): void => {
    expect(error).to.have.property('code', 'SINK_REFUSED');
    expect((error as Error).message).to.match(message);
  };

  it('whatever containers are called', async () => {
    const hostile = [
      '../../etc/passwd',
      '/etc/passwd',
      '..',
      '.',
      'a\0b',
      'x'.repeat(4000),
      '../outside/x',
      '\n',
    ];
    const error = await write(
      '{container.name}/{container.name}.ndjson',
      ...hostile.map((name) => ({ container: { name } })),
    );
    expect(error).to.equal(undefined);
    expect(await names(folder())).to.deep.equal(['base', 'outside']);
    expect(await names(outside())).to.deep.equal([]);
    const folders = await names(base());
    expect(folders).to.have.length(hostile.length);
    const texts = await Promise.all(
      folders.map(async (name) => {
        const [file, ...others] = await names(join(base(), name));
        expect(others).to.deep.equal([]);
        return readFile(join(base(), name, file!), 'utf8');
      }),
    );
    const found = texts.flatMap(parsed) as { container: { name: string } }[];
    expect(found.map(({ container }) => container.name)).to.have.members(hostile);
  });

  it('and refuses a folder that is a link out of it, before making anything there', async () => {
    await symlink(outside(), join(base(), 'web'));
    refused(
      await write('{name}/x.ndjson', { name: 'web' }),
      /base\/web is a link that leads out of .*base: remove it/,
    );
    refused(await write('{name}/{name}/x.ndjson', { name: 'web' }), /base\/web is a link that leads out/);
    expect(await names(outside())).to.deep.equal([]);
  });

  it('and refuses a file that is a link, also one that leads nowhere yet', async () => {
    await writeFile(join(outside(), 'victim'), '');
    await symlink(join(outside(), 'victim'), join(base(), 'web.ndjson'));
    await symlink(join(outside(), 'new'), join(base(), 'db.ndjson'));
    refused(await write('{name}.ndjson', { name: 'web' }), /web\.ndjson is a symbolic link: remove it/);
    refused(await write('{name}.ndjson', { name: 'db' }), /db\.ndjson is a symbolic link/);
    refused(await write('web.ndjson', { name: 'web' }), /web\.ndjson is a symbolic link/);
    expect(await names(outside())).to.deep.equal(['victim']);
    expect(await readFile(join(outside(), 'victim'), 'utf8')).to.equal('');
  });

  it('and follows links that stay in it, and one to it', async () => {
    await mkdir(join(base(), 'real'));
    await symlink('real', join(base(), 'alias'));
    await symlink(base(), join(folder(), 'here'));
    expect(
      await write(join(relative(base(), folder()), 'here', '{name}', 'x.ndjson'), { name: 'alias' }),
    ).to.equal(undefined);
    expect(await readFile(join(base(), 'real', 'x.ndjson'), 'utf8')).to.equal('{"name":"alias"}\n');
  });

  it('and refuses what is no regular file', async () => {
    execFileSync('mkfifo', [join(base(), 'pipe')]);
    refused(await write('pipe', {}), /pipe is no regular file: remove it, or choose another path/);
    refused(await write('{name}', { name: 'pipe' }), /pipe is no regular file/);
    refused(
      await listen(ndjsonFile({ path: '/dev/null' }), from([1])).end.catch((error: unknown) => error),
      /no regular file/,
    );
  });
});
