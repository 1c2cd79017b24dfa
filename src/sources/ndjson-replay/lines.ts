/** A line of a file, and where it ends: the place of the next one. */
export interface Line {
  /** Nothing of one that was too long: it is passed over. */
  readonly text: string | undefined;
  readonly end: number;
}

export interface LineCutter {
  /** The lines that end in these bytes. */
  readonly cut: (bytes: Buffer) => readonly Line[];
  /** What is left at the end, which has no line break. */
  readonly rest: () => readonly Line[];
}

/** Cuts bytes into lines, from a place on. Holds at most one line of `maxBytes` and the bytes being cut. */
export function lineCutter(from: number, maxBytes: number): LineCutter {
  let end = from;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (bytes: Buffer): void => {
    heldBytes += bytes.length;
    if (heldBytes > maxBytes) held = [];
    else if (bytes.length > 0) held.push(bytes);
  };
  const close = (): Line => {
    const text = heldBytes > maxBytes ? undefined : Buffer.concat(held, heldBytes).toString('utf8');
    held = [];
    heldBytes = 0;
    return { text, end };
  };
  return {
    cut(bytes) {
      const lines: Line[] = [];
      let start = 0;
      for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, start)) {
        end += at + 1 - start;
        if (heldBytes === 0 && at - start <= maxBytes)
          lines.push({ text: bytes.toString('utf8', start, at), end });
        else {
          hold(bytes.subarray(start, at));
          lines.push(close());
        }
        start = at + 1;
      }
      end += bytes.length - start;
      hold(bytes.subarray(start));
      return lines;
    },
    rest: () => (heldBytes === 0 ? [] : [close()]),
  };
}
