import { existsSync, mkdtempSync, readFileSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Namespace } from './namespace.ts';

const PREFIX = 'dockrx-engine-';
const CGROUPS = '/sys/fs/cgroup';
const PODMAN_PARENT = '/libpod_parent';
const GONE_DEADLINE_MS = 10_000;

/**
 * A fresh folder for one engine: `dockrx-engine-PID-XXXXXX`. Its name says which process owns it, so that the next
 * run can clear away what a killed one left.
 */
export function engineDir(): string {
  sweep();
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
}

/** The cgroup every container of an engine lives under, in each hierarchy. */
export function cgroupParentOf(dir: string): string {
  return `/${basename(dir)}`;
}

/** Removes an engine's folder and cgroups; its processes must be gone or going. */
export function removeTraces(dir: string): void {
  for (const cgroup of cgroupsOf(dir)) {
    for (const path of cgroupDirs(cgroup)) retryBusy(() => removeCgroup(path));
  }
  for (const cgroup of [`${PODMAN_PARENT}/conmon`, PODMAN_PARENT]) cgroupDirs(cgroup).forEach(removeIfEmpty);
  retryBusy(() => rmSync(dir, { recursive: true, force: true }));
}

/** Kills a namespace and removes the engine's traces without the event loop: for exit handlers. */
export function destroyNow(dir: string, space: Namespace): void {
  space.kill();
  const deadline = Date.now() + GONE_DEADLINE_MS;
  while (isAlive(space.pid) && Date.now() < deadline) pause();
  removeTraces(dir);
}

/** True while a process runs; a dead one nobody has reaped does not count. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Every cgroup an engine's containers may be in: Podman cannot be told a parent, so its containers are named. */
export function cgroupsOf(dir: string): readonly string[] {
  const podman = join(dir, 'data', 'overlay-containers');
  const ids = existsSync(podman) ? subfolders(podman).map((path) => basename(path)) : [];
  return [cgroupParentOf(dir), ...ids.map((id) => `${PODMAN_PARENT}/libpod-${id}`)];
}

/** Paths of a cgroup in the hierarchies (v1: one each; v2: one) where it exists. */
export function cgroupDirs(parent: string): string[] {
  const candidates = [CGROUPS, ...subfolders(CGROUPS)].map((base) => join(base, parent));
  return candidates.filter((path) => existsSync(path));
}

/** Clears away what runs left that were killed too hard to do it themselves. */
function sweep(): void {
  for (const path of subfolders(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(basename(path))?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) removeTraces(path);
  }
}

function removeCgroup(path: string): void {
  for (const child of subfolders(path)) removeCgroup(child);
  rmdirSync(path);
}

/** Other engines may be using it. */
function removeIfEmpty(cgroup: string): void {
  try {
    rmdirSync(cgroup);
  } catch (error) {
    if (!['EBUSY', 'ENOTEMPTY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function subfolders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));
}

/** The kernel frees cgroups and mounts a moment after the last process of a namespace has gone. */
function retryBusy(action: () => void): void {
  const deadline = Date.now() + GONE_DEADLINE_MS;
  for (;;) {
    try {
      action();
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'ENOENT') return;
      if (!['EBUSY', 'ENOTEMPTY'].includes(code) || Date.now() >= deadline) throw error;
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}
