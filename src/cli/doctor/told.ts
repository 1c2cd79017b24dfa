import type { Answered } from '../../engine/examine.ts';

/** What is read of `GET /version`. */
export interface Version {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
}

/** What is read of `GET /info`. */
export interface Info {
  readonly SystemTime: string;
  readonly CgroupVersion: string;
  readonly CgroupDriver: string;
  readonly SecurityOptions: readonly string[] | null;
  readonly Rootless: boolean;
  readonly LiveRestoreEnabled: boolean;
  readonly LoggingDriver: string;
  readonly Warnings: readonly string[] | null;
}

export function flavourOf(ping: Answered | undefined): string {
  const server = ping?.headers['server'] ?? '';
  if (server.startsWith('Libpod')) return 'Podman';
  return server.startsWith('dockrx-simulator') ? 'the simulated engine' : 'Docker';
}

/** `1.41` as 1041. */
export function numberOf(version: string | undefined): number {
  const [major = '', minor = ''] = (version ?? '').split('.');
  return Number.parseInt(major, 10) * 1_000 + Number.parseInt(minor, 10);
}
