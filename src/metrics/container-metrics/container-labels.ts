import type { ContainerInfo } from '../../records/container-stats.ts';

/** A container's labels as a metric's. Of two that become the same name the one that comes first is kept. */
export function containerLabels(
  prefix: string,
  labels: ContainerInfo['labels'],
  keepLabel: (key: string) => boolean,
): Readonly<Record<string, string>> {
  const named: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    const name = prefix + key.replace(/\W/g, '_');
    if (keepLabel(key)) named[name] ??= value;
  }
  return named;
}
