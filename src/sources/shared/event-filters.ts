import type { EngineFlavour } from '../../records/container-stats.ts';

/** What Podman's own filter calls events that it, too, tells under Docker's name, or tells in place of Docker's. */
const PODMAN_NAMES: Readonly<Record<string, string>> = {
  die: 'died',
  exec_die: 'exec_died',
  destroy: 'remove',
};

/** Filters of `/events` as the engine wants them; written in Docker's names they hold for Podman too. */
export function eventFilters(
  filters: Readonly<Record<string, readonly string[]>>,
  flavour: EngineFlavour,
): string {
  const { event } = filters;
  if (flavour !== 'podman' || event === undefined) return JSON.stringify(filters);
  const named = event.map((name) => PODMAN_NAMES[name]).filter((name) => name !== undefined);
  return JSON.stringify({ ...filters, event: [...new Set([...event, ...named])] });
}
