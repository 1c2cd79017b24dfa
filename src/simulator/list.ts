import { mountsOf, networksOf, sizesOf } from './inspect.ts';
import type { EngineProfile } from './profile.ts';
import type { Container } from './types.ts';

/** A duration in words, as the docker CLI and the engine say it. */
export function humanDuration(seconds: number): string {
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  const hours = Math.round(whole / 3600);
  if (whole < 1) return 'Less than a second';
  if (whole === 1) return '1 second';
  if (whole < 60) return `${whole} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  return `${Math.floor(hours / 24 / 7)} weeks`;
}

const healthNotes = {
  none: '',
  starting: ' (health: starting)',
  healthy: ' (healthy)',
  unhealthy: ' (unhealthy)',
};

function statusOf({ state, exitCode, startedNano, finishedNano, health }: Container, nano: bigint): string {
  const since = (from: bigint): string => humanDuration(Number(nano - from) / 1e9);
  switch (state) {
    case 'created':
      return 'Created';
    case 'running':
      return `Up ${since(startedNano)}${healthNotes[health]}`;
    case 'paused':
      return `Up ${since(startedNano)} (Paused)`;
    case 'restarting':
      return `Restarting (${exitCode}) ${since(finishedNano)} ago`;
    case 'exited':
      return `Exited (${exitCode}) ${since(finishedNano)} ago`;
  }
}

const quoted = (argument: string): string => (/\s/.test(argument) ? `'${argument}'` : argument);

/** One entry of `GET /containers/json`. */
export function listEntry(
  container: Container,
  nano: bigint,
  sized: boolean,
  profile: EngineProfile,
): object {
  const { id, spec, imageId, createdNano, state } = container;
  return {
    Id: id,
    Names: [`/${spec.name}`],
    Image: spec.image,
    ImageID: imageId,
    Command: spec.command.map(quoted).join(' '),
    Created: Number(createdNano / 1_000_000_000n),
    Ports: [],
    ...(sized ? sizesOf(container) : {}),
    Labels: spec.labels,
    State: state,
    Status: statusOf(container, nano),
    HostConfig: { NetworkMode: spec.networks[0] ?? 'none' },
    NetworkSettings: { Networks: networksOf(container, profile) },
    Mounts: mountsOf(container),
  };
}
