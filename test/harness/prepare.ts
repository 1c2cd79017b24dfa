// What `npm test` does before the tests: gets what the chosen engines need, as far as this machine lets it.
// What it cannot get it names; the suites that need it then skip themselves, or fail under CI=true.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type EngineKind, engineKinds, factsOf, isInstalled } from './kinds.ts';
import { lackOf } from './needs.ts';
import { hasApt, missingOf, type PackageName, packagesFor, TOOLS } from './packages.ts';
import { rootfs } from './rootfs.ts';

const kinds = engineKinds();
const isRoot = process.getuid?.() === 0;
const missing = missingOf([...packagesFor(kinds), ...TOOLS]);
if (missing.length > 0 && isRoot && hasApt()) install(missing);
for (const lack of new Set([...kinds, ...TOOLS].map(lackOf))) {
  if (lack !== undefined)
    say(`some tests will ${process.env['CI'] === 'true' ? 'fail' : 'be skipped'}: ${lack}`);
}
await Promise.all(kinds.filter((kind) => lackOf(kind) === undefined && !isInstalled(kind)).map(makeFolder));

/** Another Docker that is installed stays: the engine then comes from a folder. */
function install(packages: readonly PackageName[]): void {
  say(`installing ${packages.join(' ')}`);
  const script = fileURLToPath(new URL('./apt-install.sh', import.meta.url));
  const { status, stdout, stderr } = spawnSync('sh', [script, ...packages], { encoding: 'utf8' });
  if (status !== 0) say(`apt-get could not install them:\n${stdout}${stderr}`);
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
