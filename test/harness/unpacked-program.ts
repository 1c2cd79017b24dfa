import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './rootfs.ts';

/** A static program in a package of another Debian than the machine's. */
export interface UnpackedProgram {
  readonly name: string;
  readonly suite: string;
  /** Its path in the package. */
  readonly program: string;
}

const run = promisify(execFile);

/** Its path, fetched on first use into the folder where the engines' file systems are; no system change. */
export async function unpackedProgram({ name, suite, program }: UnpackedProgram): Promise<string> {
  const ready = join(dirname(cacheFolder()), `${name}-${suite}`);
  const path = join(ready, program);
  if (existsSync(path)) return path;
  mkdirSync(dirname(ready), { recursive: true });
  const building = mkdtempSync(`${ready}.`);
  try {
    await fetchPackage(name, suite, building);
    renameSync(building, ready);
  } catch (error) {
    // Another process may have been quicker: its folder is as good.
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return path;
}

/** Package lists, sources and archives of its own: the machine's apt does not notice. */
async function fetchPackage(name: string, suite: string, folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  mkdirSync(join(apt, 'lists/partial'), { recursive: true });
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const sources = join(apt, 'sources.list');
  writeFileSync(sources, `deb [signed-by=${keyring}] ${await debianArchive()} ${suite} main\n`);
  const own = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::Cache': apt,
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  const options = Object.entries(own).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', [...options, '-qq', 'update'], { cwd: apt });
  await run('apt-get', [...options, '-qq', 'download', name], { cwd: apt });
  const [archive] = readdirSync(apt).filter((file) => file.endsWith('.deb'));
  await run('dpkg-deb', ['-x', join(apt, archive!), folder]);
  rmSync(apt, { recursive: true });
}

/** Where this machine has its own Debian from. */
async function debianArchive(): Promise<string> {
  const format = ['--format', '$(ORIGIN)/$(LABEL) $(REPO_URI)', 'Created-By: Packages'];
  const { stdout } = await run('apt-get', ['indextargets', ...format]);
  const archive = /^Debian\/Debian (\S+)$/m.exec(stdout)?.[1];
  if (archive === undefined) throw new Error('apt has no Debian archive here: run apt-get update');
  return archive;
}
