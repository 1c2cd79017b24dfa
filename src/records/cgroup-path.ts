import type { EngineFlavour } from './container-stats.ts';

export interface CgroupNaming {
  readonly flavour: EngineFlavour;
  /** The engine's `CgroupDriver`: `systemd`, `cgroupfs`. */
  readonly driver: string;
}

/** Where an engine puts a container's cgroup, below the root. `parent` is the container's own; empty is the engine's default. */
export function cgroupPathOf(id: string, parent: string, { flavour, driver }: CgroupNaming): string {
  if (driver === 'systemd') {
    const slice = parent === '' ? DEFAULTS[flavour].slice : parent.split('/').at(-1)!;
    return `${slicePath(slice)}/${DEFAULTS[flavour].name}-${id}.scope`;
  }
  const folder = (parent === '' ? DEFAULTS[flavour].folder : parent).replace(/^\/+|\/+$/g, '');
  const name = flavour === 'docker' ? id : `${DEFAULTS.podman.name}-${id}`;
  return folder === '' ? `/${name}` : `/${folder}/${name}`;
}

/** By the source of moby and libpod. */
const DEFAULTS = {
  docker: { slice: 'system.slice', folder: 'docker', name: 'docker' },
  podman: { slice: 'machine.slice', folder: 'libpod_parent', name: 'libpod' },
} as const;

/** systemd's nesting is in the name: `a-b.slice` lies in `a.slice`. */
function slicePath(slice: string): string {
  if (slice === '-.slice') return '';
  const parts = slice.replace(/\.slice$/, '').split('-');
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('-')}.slice`).join('');
}
