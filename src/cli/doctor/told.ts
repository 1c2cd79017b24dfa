import type { Answered } from '../../engine/examine.ts';

/** What is read of `GET /version`; what is not there, or of another kind, is left out. */
export interface Version {
  readonly version: string | undefined;
  readonly api: string | undefined;
  readonly leastApi: string | undefined;
}

/** What is read of `GET /info`, in the same way. */
export interface Info {
  readonly systemTime: string | undefined;
  readonly cgroupVersion: string | undefined;
  readonly cgroupDriver: string | undefined;
  readonly isRootless: boolean;
  readonly liveRestore: boolean | undefined;
  readonly loggingDriver: string | undefined;
  readonly containers: number;
  readonly warnings: readonly string[];
}

export function versionOf(answer: Answered | undefined): Version {
  const { Version, ApiVersion, MinAPIVersion } = bodyOf(answer);
  return { version: text(Version), api: text(ApiVersion), leastApi: text(MinAPIVersion) };
}

export function infoOf(answer: Answered | undefined): Info {
  const body = bodyOf(answer);
  const { LiveRestoreEnabled: liveRestore, Containers: containers } = body;
  return {
    systemTime: text(body['SystemTime']),
    cgroupVersion: text(body['CgroupVersion']),
    cgroupDriver: text(body['CgroupDriver']),
    // Podman says it apart.
    isRootless:
      body['Rootless'] === true || texts(body['SecurityOptions']).some((one) => one.includes('rootless')),
    liveRestore: typeof liveRestore === 'boolean' ? liveRestore : undefined,
    loggingDriver: text(body['LoggingDriver']),
    containers: typeof containers === 'number' ? containers : 0,
    warnings: texts(body['Warnings']),
  };
}

/** What answers, by how it names itself. */
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

function bodyOf(answer: Answered | undefined): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(answer?.body ?? '')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** On one line. */
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.replace(/[\p{Cc}\s]+/gu, ' ').trim() : undefined;

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.flatMap((one) => text(one) ?? []) : [];
