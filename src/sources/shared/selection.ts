import { texts } from '../../core/check-options.ts';
import { globMatcher } from '../../records/globs.ts';

/** Globs (`*`, `?`); a container is meant when one of its texts matches one of them. */
export interface ContainerGlobs {
  /** Without a leading slash. */
  readonly names?: readonly string[];
  /** As the container was created with: `nginx:1.27*`, `registry.example.com/shop/*`. */
  readonly images?: readonly string[];
  /** Of `key=value`, or of a key alone: `com.docker.compose.project=shop*`, `monitored`. */
  readonly labels?: readonly string[];
}

export interface Listed {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a container is meant: by any of `include`, or all where there is none, and by none of `exclude`. */
export function selection(
  include: ContainerGlobs | undefined,
  exclude: ContainerGlobs | undefined,
): (container: Listed) => boolean {
  const wanted = include === undefined ? (): boolean => true : matcher(include);
  const unwanted = exclude === undefined ? (): boolean => false : matcher(exclude);
  return (container) => wanted(container) && !unwanted(container);
}

function matcher({ names = [], images = [], labels = [] }: ContainerGlobs): (container: Listed) => boolean {
  const byName = globMatcher(names);
  const byImage = globMatcher(images);
  const byKey = globMatcher(labels.filter((glob) => !glob.includes('=')));
  const byPair = globMatcher(labels.filter((glob) => glob.includes('=')));
  return ({ name, image, labels: own }) =>
    byName(name) ||
    byImage(image) ||
    (labels.length > 0 &&
      Object.entries(own).some(([key, value]) => byKey(key) || byPair(`${key}=${value}`)));
}

/** For the options `include` and `exclude`. */
export function globs(value: unknown): true | string {
  const must = 'lists of globs: names, images, labels';
  if (typeof value !== 'object' || value === null) return must;
  return (
    Object.entries(value).every(
      ([name, list]) => ['names', 'images', 'labels'].includes(name) && texts(list) === true,
    ) || must
  );
}
