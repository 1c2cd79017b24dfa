/** A line without its end, and the file it goes to. */
export interface Line {
  readonly path: string;
  readonly text: string;
  /** When it came; the same for all where nobody asks. */
  readonly cameMs: number;
}

/** Lines as bytes, side by side in a buffer of their own. */
export interface Pack {
  readonly buffer: Buffer;
  /** Whole lines with their ends, in order, by file and by when they came. */
  readonly files: readonly { readonly path: string; readonly bytes: Buffer; readonly cameMs: number }[];
}

export interface LinePacker {
  readonly pack: (lines: readonly Line[]) => Pack;
  /** Gives back a pack that nobody reads any more: its buffer is written over. */
  readonly reuse: (pack: Pack) => void;
}

/** Room for what a queue packs, unless a line is very long. */
const BUFFER_BYTES = 128 * 1024;
/** As many as a fast source fills during a write; after a stall of the disk there are more. */
const FREE_BUFFERS = 64;

/**
 * Packs lines into buffers that are used again: a buffer that has waited for the disk is old to the garbage
 * collector, which then leaves it lying about for long. Keeps 8 MiB at most.
 */
export function linePacker(): LinePacker {
  const free: Buffer[] = [];
  const bufferFor = (bytes: number): Buffer =>
    bytes > BUFFER_BYTES
      ? Buffer.allocUnsafeSlow(bytes)
      : (free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES));
  return {
    pack(lines) {
      const texts = textsOf(lines);
      const buffer = bufferFor(texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
      let end = 0;
      const files = texts.map(({ path, text, cameMs }) => {
        const start = end;
        end += buffer.write(text, start);
        return { path, bytes: buffer.subarray(start, end), cameMs };
      });
      return { buffer, files };
    },
    reuse({ buffer }) {
      if (buffer.length === BUFFER_BYTES && free.length < FREE_BUFFERS) free.push(buffer);
    },
  };
}

/** One text a file and a time. */
function textsOf(lines: readonly Line[]): readonly Line[] {
  const all: { readonly path: string; readonly cameMs: number; readonly texts: string[] }[] = [];
  const newest = new Map<string, (typeof all)[number]>();
  for (const { path, text, cameMs } of lines) {
    const same = newest.get(path);
    if (same?.cameMs === cameMs) same.texts.push(text);
    else {
      const next = { path, cameMs, texts: [text] };
      newest.set(path, next);
      all.push(next);
    }
  }
  return all.map(({ path, cameMs, texts }) => ({ path, cameMs, text: `${texts.join('\n')}\n` }));
}
