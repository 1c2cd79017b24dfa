import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type EngineKind, factsOf, isInstalled } from './kinds.ts';

/** Which file shows that a Debian package is there: a program on the path, or an absolute path. */
const PROOF = {
  'docker.io': 'dockerd',
  'docker-cli': 'docker',
  podman: 'podman',
  runc: 'runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iptables: 'iptables',
  iproute2: 'ip',
  'busybox-static': '/bin/busybox',
  'util-linux': 'unshare',
  debootstrap: 'debootstrap',
  'debian-archive-keyring': '/usr/share/keyrings/debian-archive-keyring.gpg',
  binutils: 'strip',
  openssl: 'openssl',
  'openssh-client': 'ssh',
  'openssh-server': 'sshd',
  prometheus: 'prometheus',
  chromium: 'chromium',
  graphviz: 'dot',
} as const;

/** A package some test needs. */
export type PackageName = keyof typeof PROOF;

/** What tests need besides engines. */
export const TOOLS: readonly PackageName[] = [
  'binutils',
  'openssl',
  'openssh-client',
  'openssh-server',
  'prometheus',
  'chromium',
  'graphviz',
];

const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The packages this machine needs for engines of these kinds. */
export function packagesFor(kinds: readonly EngineKind[]): readonly PackageName[] {
  return kinds.flatMap((kind) => ['busybox-static', 'util-linux', 'iproute2', ...enginePackages(kind)]);
}

/** Those of the packages that this machine does not have, each once. */
export function missingOf(packages: readonly PackageName[]): readonly PackageName[] {
  return [...new Set(packages)].filter((name) => !isThere(name));
}

export function isPackage(name: string): name is PackageName {
  return Object.hasOwn(PROOF, name);
}

/** What to type to get packages. */
export function aptCommand(packages: readonly PackageName[]): string {
  return `apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/** Whether this is a Debian or a child of it. */
export function hasApt(): boolean {
  return isOnPath('apt-get');
}

/** The Debian that has the engine simply installs it; every other machine runs it from a Debian folder. */
function enginePackages(kind: EngineKind): readonly PackageName[] {
  const { program, rootfs } = factsOf(kind);
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const isItsDebian = release.includes(`VERSION_CODENAME=${rootfs.suite}\n`);
  if (isInstalled(kind) || (isItsDebian && !isOnPath(program))) return rootfs.packages;
  return ['debootstrap', 'debian-archive-keyring'];
}

function isThere(name: PackageName): boolean {
  if (name === 'busybox-static') return hasStaticBusybox();
  const proof = PROOF[name];
  return proof.startsWith('/') ? existsSync(proof) : isOnPath(proof);
}

function isOnPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** A dynamic busybox names its loader; in the test image there is none. */
function hasStaticBusybox(): boolean {
  const path = PROOF['busybox-static'];
  return existsSync(path) && !/\/lib(64)?\/ld-/.test(readFileSync(path, 'latin1'));
}
