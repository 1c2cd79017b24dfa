import { execFileSync } from 'node:child_process';
import { ALL_KINDS, type EngineKind, engineKinds } from './kinds.ts';
import { aptCommand, missingPackages } from './packages.ts';

/** What a suite may need of the machine. `netns`: namespaces can be made; `tmpfs`: file systems can be mounted. */
export type Need = EngineKind | 'root' | 'netns' | 'tmpfs';

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
  if (process.getuid?.() !== 0) return `needs root for ${need}: run the tests as root`;
  if (need === 'root') return undefined;
  if (need === 'netns') return tried('make namespaces', ['--net', '--pid', '--fork', 'true']);
  if (need === 'tmpfs') return tried('mount a tmpfs', ['mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  const packages = missingPackages([need]);
  if (packages.length > 0) return `${need} needs packages: ${aptCommand(packages)}`;
  return lackOf('netns') ?? lackOf('tmpfs');
}

/** Why a suite was skipped, for the reporter. */
export function skipReasonOf(suite: object): string | undefined {
  return (suite as { skipReason?: string }).skipReason;
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
