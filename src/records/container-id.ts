const ID = /[0-9a-f]{64}/;

/**
 * The id of the container that a cgroup belongs to: `/docker/<id>`, `/system.slice/docker-<id>.scope`,
 * `/kubepods.slice/…/cri-containerd-<id>.scope`, `/machine.slice/libpod-<id>.scope` and what lies below them. The
 * innermost one, where containers run in containers. Nothing for `/`, slices, pods and mounts.
 */
export function containerIdOf(cgroup: string): string | undefined {
  return cgroup
    .split('/')
    .map((name) => (name.endsWith('.mount') ? undefined : ID.exec(name)?.[0]))
    .findLast((id) => id !== undefined);
}
