/** Lines of a stream that have to wait, in their order. */
export interface HeldLines {
  readonly all: readonly string[];
  /** Takes a line; says whether there is room for another. */
  readonly add: (line: string) => boolean;
  /** Resolves as soon as it is so, at the latest after so long. Asked again at every line. */
  readonly until: (
    isSo: (lines: readonly string[]) => boolean,
    ms: number,
    signal: AbortSignal,
  ) => Promise<void>;
}

/** Much more than an engine keeps. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

export function heldLines(): HeldLines {
  const all: string[] = [];
  let characters = 0;
  let look = (): void => undefined;
  return {
    all,
    add(line) {
      all.push(line);
      characters += line.length;
      look();
      return characters < MAX_CHARACTERS;
    },
    until: (isSo, ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          look = () => undefined;
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end);
        look = () => {
          if (isSo(all) || signal.aborted) end();
        };
        look();
      }),
  };
}
