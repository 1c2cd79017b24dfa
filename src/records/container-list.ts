import type { ContainerInfo } from './container-stats.ts';

/** The containers of a `GET /containers/json` answer, with all their labels. Throws a TypeError when it is not a list; entries without an id are passed over. */
export function containersIn(answer: unknown): readonly ContainerInfo[] {
  if (!Array.isArray(answer)) throw new TypeError('the list of containers is not a list');
  return answer.flatMap((entry: RawContainer | null) => {
    if (typeof entry?.Id !== 'string' || entry.Id === '') return [];
    return [
      {
        id: entry.Id,
        name: nameIn(entry.Names) ?? entry.Id.slice(0, 12),
        image: text(entry.Image),
        imageId: text(entry.ImageID),
        labels: (entry.Labels ?? {}) as Readonly<Record<string, string>>,
      },
    ];
  });
}

interface RawContainer {
  readonly Id?: unknown;
  readonly Names?: readonly unknown[] | null;
  readonly Image?: unknown;
  readonly ImageID?: unknown;
  readonly Labels?: object | null;
}

/** A container linked to others is listed under `/other/alias` too: its own name has one slash. */
function nameIn(names: readonly unknown[] | null | undefined): string | undefined {
  const all = (names ?? []).filter((name) => typeof name === 'string').map((name) => name.replace(/^\//, ''));
  return all.find((name) => !name.includes('/')) ?? all[0];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
