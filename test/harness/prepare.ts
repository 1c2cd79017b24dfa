// What `npm test` does before the tests: gets what the chosen engines need, as far as this machine lets it.
// What it cannot get it names; the suites that need it then skip themselves, or fail under CI=true.
import { spawnSync } from 'node:child_process';
import { type EngineKind, engineKinds, factsOf, isInstalled } from './kinds.ts';
import { lackOf } from './needs.ts';
import { hasApt, missingPackages } from './packages.ts';
import { rootfs } from './rootfs.ts';

const kinds = engineKinds();
const isRoot = process.getuid?.() === 0;
const missing = missingPackages(kinds);
if (missing.length > 0 && isRoot && hasApt()) install(missing);
for (const lack of new Set(kinds.map(lackOf))) {
  if (lack !== undefined)
    say(`some tests will ${process.env['CI'] === 'true' ? 'fail' : 'be skipped'}: ${lack}`);
}
await Promise.all(kinds.filter((kind) => lackOf(kind) === undefined && !isInstalled(kind)).map(makeFolder));

/** Never removes a package: another Docker that is installed stays, and the engine comes from a folder. */
function install(packages: readonly string[]): void {
  say(`installing ${packages.join(' ')}`);
  const lock = ['-o', 'DPkg::Lock::Timeout=300'];
  apt([...lock, 'update']);
  apt([...lock, 'install', '--yes', '--no-install-recommends', '--no-remove', ...packages]);
}

function apt(args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr } = spawnSync('apt-get', ['-qq', ...args], { env, encoding: 'utf8' });
  if (status !== 0) say(`apt-get ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

async function makeFolder(kind: EngineKind): Promise<void> {
  const { suite } = factsOf(kind).rootfs;
  try {
    await rootfs(factsOf(kind).rootfs, () =>
      say(`making a Debian ${suite} for ${kind} (once, about a minute)`),
    );
  } catch (error) {
    say((error as Error).message);
  }
}

function say(what: string): void {
  process.stderr.write(`test: ${what}\n`);
}
