import { execFileSync } from 'node:child_process';
import { docker } from './dockerd.ts';
import type { EngineFamily } from './family.ts';
import type { PackageName } from './packages.ts';
import { podman } from './podman.ts';

export type EngineKind = 'docker-20.10' | 'docker-26.1' | 'docker-28.5' | 'podman-4.3';

/** Where an engine of a kind comes from. */
export interface KindFacts {
  readonly family: EngineFamily;
  /** How its version begins. */
  readonly version: string;
  /** The server program: taken from this machine where its version fits, else from a Debian folder. */
  readonly program: 'dockerd' | 'podman';
  readonly rootfs: { readonly suite: string; readonly packages: readonly PackageName[] };
}

const NETWORK: readonly PackageName[] = ['iptables', 'iproute2'];

const KINDS: Readonly<Record<EngineKind, KindFacts>> = {
  'docker-20.10': dockerFrom('bookworm', '20.10.', ['docker.io']),
  'docker-26.1': dockerFrom('trixie', '26.1.', ['docker.io', 'docker-cli']),
  'docker-28.5': dockerFrom('sid', '28.5.', ['docker.io', 'docker-cli']),
  'podman-4.3': {
    family: podman,
    version: '4.3.',
    program: 'podman',
    rootfs: { suite: 'bookworm', packages: ['podman', 'runc', 'containernetworking-plugins', ...NETWORK] },
  },
};

export const ALL_KINDS: readonly EngineKind[] = Object.keys(KINDS) as EngineKind[];

export function factsOf(kind: EngineKind): KindFacts {
  return KINDS[kind];
}

/**
 * The kinds tests run on: those listed in `DOCKRX_ENGINES` (comma-separated, `all` or `none`); without it all
 * under `CI=true`, and elsewhere the one that starts without further preparation.
 */
export function engineKinds(env: NodeJS.ProcessEnv = process.env): readonly EngineKind[] {
  const chosen = env['DOCKRX_ENGINES'] ?? (env['CI'] === 'true' ? 'all' : 'docker-20.10');
  if (chosen === 'all') return ALL_KINDS;
  if (chosen === 'none') return [];
  return chosen.split(',').map((name) => {
    const kind = ALL_KINDS.find((known) => known === name.trim());
    if (kind === undefined)
      throw new Error(`DOCKRX_ENGINES: no engine '${name}'; there are ${ALL_KINDS.join(', ')}, all, none`);
    return kind;
  });
}

/** Whether this machine itself has the engine of that kind installed. */
export function isInstalled(kind: EngineKind): boolean {
  const { program, version } = KINDS[kind];
  try {
    const told = execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return told.includes(` ${version}`);
  } catch {
    return false;
  }
}

function dockerFrom(suite: string, version: string, packages: readonly PackageName[]): KindFacts {
  return {
    family: docker,
    version,
    program: 'dockerd',
    rootfs: { suite, packages: [...packages, ...NETWORK] },
  };
}
