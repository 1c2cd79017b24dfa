import { execFileSync } from 'node:child_process';
import { ALL_KINDS, type EngineKind, engineKinds } from './kinds.ts';
import { aptCommand, isPackage, missingOf, type PackageName, packagesFor } from './packages.ts';

/** What a suite may need: an engine, a Debian package, to be root, to make namespaces, to mount file systems. */
export type Need = EngineKind | PackageName | 'root' | 'netns' | 'tmpfs';

/**
 * Call it first in a `describe`: where the machine lacks something, the suite is skipped and says why and what
 * to do; under `CI=true` it fails instead. Engines left out by `DOCKRX_ENGINES` are skipped everywhere.
 */
export function needs(...things: readonly Need[]): void {
  before('has what it needs', function () {
    const leftOut = things.filter((thing) => isKind(thing) && !engineKinds().includes(thing));
    const lacking = things.map(lackOf).filter((lack) => lack !== undefined);
    if (leftOut.length === 0 && lacking.length === 0) return;
    const reason =
      leftOut.length > 0 ? `DOCKRX_ENGINES leaves out ${leftOut.join(', ')}` : lacking.join('; ');
    if (leftOut.length === 0 && process.env['CI'] === 'true') throw new Error(reason);
    noteSkip(this.test!.parent!, reason);
    this.skip();
  });
}

/** What is lacking for a need on this machine, in words; undefined when it is met. */
export function lackOf(need: Need): string | undefined {
  if (isPackage(need)) return lackOfPackages(need, [need]);
  if (process.getuid?.() !== 0) return `needs root for ${need}: run the tests as root`;
  if (need === 'root') return undefined;
  if (need === 'netns') return tried('make namespaces', ['--net', '--pid', '--fork', 'true']);
  if (need === 'tmpfs') return tried('mount a tmpfs', ['mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return lackOfPackages(need, packagesFor([need])) ?? lackOf('netns') ?? lackOf('tmpfs');
}

/** Why a suite was skipped, for the reporter. */
export function skipReasonOf(suite: object): string | undefined {
  return (suite as { skipReason?: string }).skipReason;
}

function lackOfPackages(need: Need, packages: readonly PackageName[]): string | undefined {
  const missing = missingOf(packages);
  return missing.length === 0 ? undefined : `${need} is not here: ${aptCommand(missing)}`;
}

function noteSkip(suite: object, reason: string): void {
  Object.assign(suite, { skipReason: reason });
}

function isKind(need: Need): need is EngineKind {
  return (ALL_KINDS as readonly string[]).includes(need);
}

function tried(what: string, args: readonly string[]): string | undefined {
  try {
    execFileSync('unshare', ['--mount', ...args], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `this machine does not let us ${what}: ${(error as Error).message.trim()}`;
  }
}
