/** How windows lie: each `windowMs` long, one begins every `everyMs`, aligned to the epoch. */
export interface WindowShape {
  readonly windowMs: number;
  readonly everyMs: number;
  /** So much later than its end a window is closed, by the latest time seen. */
  readonly latenessMs: number;
}

export interface OpenWindow<W> {
  readonly startMs: number;
  readonly endMs: number;
  readonly content: W;
  /** How many records have it as the last of their windows, since it was opened or restored. */
  ending: number;
}

export interface TimeWindows<W> {
  /** The open windows that a moment lies in, the latest first; what the moment closes is closed before. */
  readonly at: (atMs: number) => Placed<W>;
  /** Closes all, the earliest first. */
  readonly closeAll: () => readonly OpenWindow<W>[];
  /** Undefined before anything was seen. */
  readonly read: () => WindowsState<W> | undefined;
  /** For a start. */
  readonly restore: (state: WindowsState<W>) => void;
}

export interface Placed<W> {
  /** The earliest first. */
  readonly closed: readonly OpenWindow<W>[];
  /** Empty for a moment that comes too late for all of its windows. */
  readonly open: readonly OpenWindow<W>[];
}

export interface WindowsState<W> {
  readonly latestMs: number;
  readonly windows: readonly { readonly startMs: number; readonly content: W }[];
}

/** Windows that records are put into by their time; `fresh` makes what an opened one holds. Those without a record are none. */
export function timeWindows<W>(
  { windowMs, everyMs, latenessMs }: WindowShape,
  fresh: () => W,
): TimeWindows<W> {
  const windows = new Map<number, OpenWindow<W>>();
  let latestMs = -Infinity;
  /** The first moment that closes one. */
  let closesAtMs = Infinity;

  const open = (startMs: number, content: W): OpenWindow<W> => {
    const window = { startMs, endMs: startMs + windowMs, content, ending: 0 };
    windows.set(startMs, window);
    closesAtMs = Math.min(closesAtMs, window.endMs + latenessMs);
    return window;
  };
  const closeUpTo = (atMs: number): readonly OpenWindow<W>[] => {
    if (atMs < closesAtMs) return NONE;
    const closed = [...windows.values()].filter(({ endMs }) => endMs + latenessMs <= atMs);
    for (const { startMs } of closed) windows.delete(startMs);
    closesAtMs = Infinity;
    for (const { endMs } of windows.values()) closesAtMs = Math.min(closesAtMs, endMs + latenessMs);
    return closed.sort((one, other) => one.startMs - other.startMs);
  };
  return {
    at(atMs) {
      latestMs = Math.max(latestMs, atMs);
      const closed = closeUpTo(latestMs);
      const holding: OpenWindow<W>[] = [];
      let startMs = Math.floor(atMs / everyMs) * everyMs;
      for (; startMs + windowMs > atMs && startMs + windowMs + latenessMs > latestMs; startMs -= everyMs)
        holding.push(windows.get(startMs) ?? open(startMs, fresh()));
      if (holding[0] !== undefined) holding[0].ending += 1;
      return { closed, open: holding };
    },
    closeAll: () => closeUpTo(Infinity),
    read: () => (latestMs === -Infinity ? undefined : { latestMs, windows: [...windows.values()] }),
    restore(state) {
      latestMs = state.latestMs;
      for (const { startMs, content } of state.windows) open(startMs, content);
    },
  };
}

const NONE: readonly never[] = [];
