import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi } from './http.ts';

/** Name of the image every test engine has: busybox with all its commands, sleeping for an hour by default. */
export const IMAGE = 'bb:1';

/** This machine's, which needs no library. */
export const BUSYBOX = '/bin/busybox';

/** Imports {@link IMAGE} into an engine, made from this machine's static busybox, without any registry. */
export async function importImage(socketPath: string, dir: string): Promise<void> {
  const archive = imageArchive(dir);
  const changes = encodeURIComponent('CMD ["/bin/sleep","3600"]');
  // Docker shortens this name; Podman ignores a separate `tag` and looks `bb:1` up under it.
  const name = encodeURIComponent(`docker.io/library/${IMAGE}`);
  await callApi(socketPath, 'POST', `/images/create?fromSrc=-&repo=${name}&changes=${changes}`, archive);
  await callApi(socketPath, 'GET', `/images/${IMAGE}/json`);
}

function imageArchive(dir: string): Buffer {
  const root = join(dir, 'image');
  for (const folder of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n');
  copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  for (const command of execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (command !== 'busybox') symlinkSync('busybox', join(root, 'bin', command));
  }
  execFileSync('tar', ['-C', root, '-cf', join(dir, 'image.tar'), '.']);
  return readFileSync(join(dir, 'image.tar'));
}
