import { globMatcher } from './globs.ts';

/** The names and values a record is counted under. */
export type Labels = Readonly<Record<string, string | number | boolean>>;

/** Labels kept by default: what names a container's place, and never what somebody put there in confidence. */
export const DEFAULT_LABELS: readonly string[] = [
  'com.docker.compose.project',
  'com.docker.compose.service',
  'com.docker.compose.container-number',
  'com.docker.stack.namespace',
  'com.docker.swarm.service.name',
  'com.docker.swarm.task.name',
  'io.kubernetes.pod.namespace',
  'io.kubernetes.pod.name',
  'io.kubernetes.container.name',
];

const MAX_REMEMBERED = 10_000;

/** Whether a label is kept, by globs; remembers its answers for the keys seen, up to a bound. */
export function labelPolicy(
  globs: readonly string[],
  also: ReadonlySet<string> = new Set(),
): (key: string) => boolean {
  const matches = globMatcher(globs);
  const known = new Map<string, boolean>();
  return (key) => {
    let kept = known.get(key);
    if (kept === undefined) {
      kept = also.has(key) || matches(key);
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(key, kept);
    }
    return kept;
  };
}

/** The entries of a record of strings that a policy keeps. */
export function keptLabels(
  labels: Readonly<Record<string, unknown>> | null | undefined,
  keep: (key: string) => boolean,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const key in labels) {
    const value = labels[key];
    if (typeof value === 'string' && keep(key)) kept[key] = value;
  }
  return kept;
}
