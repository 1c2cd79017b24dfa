import type { Phase } from './container-state.ts';
import type { ContainerInfo } from './container-stats.ts';

/** The containers of a `GET /containers/json` answer, with all their labels. Throws a TypeError when it is not a list; entries without an id are passed over. */
export const containersIn = (answer: unknown): readonly ContainerInfo[] => entriesIn(answer).map(infoOf);

/** A container as a list shows it: what follows its id is of the moment. */
export interface ListedContainer extends ContainerInfo {
  readonly phase: Phase;
  /** In nanoseconds since the epoch, digits, by the whole second. */
  readonly createdNano: string | undefined;
  /** Where the words of its status tell one. */
  readonly exitCode: number | undefined;
}

/** As {@link containersIn}, with what they do. */
export const listedContainersIn = (answer: unknown): readonly ListedContainer[] =>
  entriesIn(answer).map((entry) => ({
    ...infoOf(entry),
    phase: phaseOf(text(entry.State)),
    createdNano:
      typeof entry.Created === 'number' && entry.Created > 0 ? `${entry.Created}000000000` : undefined,
    exitCode: exitCodeIn(text(entry.Status)),
  }));

function entriesIn(answer: unknown): readonly (RawContainer & { readonly Id: string })[] {
  if (!Array.isArray(answer)) throw new TypeError('the list of containers is not a list');
  return answer.filter(
    (entry: RawContainer | null): entry is RawContainer & { Id: string } =>
      typeof entry?.Id === 'string' && entry.Id !== '',
  );
}

const infoOf = (entry: RawContainer & { readonly Id: string }): ContainerInfo => ({
  id: entry.Id,
  name: nameIn(entry.Names) ?? entry.Id.slice(0, 12),
  image: text(entry.Image),
  imageId: text(entry.ImageID),
  labels: (entry.Labels ?? {}) as Readonly<Record<string, string>>,
});

const phaseOf = (state: string): Phase =>
  state === 'running' ? 'up' : state === 'paused' ? 'paused' : 'down';

/** Docker's `Exited (137) 5 seconds ago`, Podman's as well. */
function exitCodeIn(status: string): number | undefined {
  const code = /^(?:Exited|Restarting) \((\d+)\)/.exec(status)?.[1];
  return code === undefined ? undefined : Number(code);
}

interface RawContainer {
  readonly Id?: unknown;
  readonly Names?: readonly unknown[] | null;
  readonly Image?: unknown;
  readonly ImageID?: unknown;
  readonly Labels?: object | null;
  readonly Created?: unknown;
  readonly State?: unknown;
  readonly Status?: unknown;
}

/** A container linked to others is listed under `/other/alias` too: its own name has one slash. */
function nameIn(names: readonly unknown[] | null | undefined): string | undefined {
  const all = (names ?? []).filter((name) => typeof name === 'string').map((name) => name.replace(/^\//, ''));
  return all.find((name) => !name.includes('/')) ?? all[0];
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
