import type { HttpMount } from '../../http/open-http.ts';
import type { Family } from './family.ts';
import { limitFamilies } from './limits.ts';
import type { LimitCounts } from './limits.ts';
import { checkDistinct } from './names.ts';
import { answerScrapes } from './scrape.ts';
import { selfMetrics } from './self-metrics.ts';
import type { SelfMetrics } from './self-metrics.ts';

/** What one sink shows. */
export interface Part {
  readonly families: readonly Family[];
  readonly counts: LimitCounts;
  /** Whether the path tells of dockrx itself. */
  readonly self: boolean;
}

/** What is served at one path of one server: the families of every sink that names it. */
export interface Exposure {
  readonly parts: Set<Part>;
  /** The first of them has mounted the path for all. */
  readonly mounts: HttpMount[];
  self?: SelfMetrics;
}

/**
 * Shows a part at this path of the server. Errors `CONFIG_INVALID` where the path has a metric of the same name.
 * Returns how to take it away; the last to do so lets go of the server.
 */
export function expose(
  exposures: Map<string, Exposure>,
  mount: HttpMount,
  path: string,
  part: Part,
): () => Promise<void> {
  const at = `${mount.url}${path}`;
  let exposure = exposures.get(at);
  if (exposure === undefined) {
    exposure = { parts: new Set(), mounts: [] };
    const opened = exposure;
    mount.mount(
      path,
      answerScrapes(() => familiesOf(opened)),
    );
    exposures.set(at, exposure);
  }
  const { parts, mounts } = exposure;
  checkDistinct(
    `prometheus: ${at}`,
    [...parts, part].flatMap(({ families }) => families.map(({ name }) => name)),
  );
  parts.add(part);
  mounts.push(mount);
  if (part.self) exposure.self ??= selfMetrics();
  return async () => {
    parts.delete(part);
    if (parts.size > 0) return;
    exposures.delete(at);
    exposure.self?.end();
    await Promise.all(mounts.map(({ release }) => release()));
  };
}

async function familiesOf({ parts, self }: Exposure): Promise<readonly Family[]> {
  const own = [...parts].flatMap(({ families }) => families);
  if (self === undefined) return own;
  return [...own, ...limitFamilies([...parts].map(({ counts }) => counts)), ...(await self.families())];
}
