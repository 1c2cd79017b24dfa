import stringWidth from 'string-width';

/** What text is written to: `process.stderr`, or anything like it. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write: (text: string) => unknown;
}

/** A terminal whose last lines are redrawn in place while other lines are written above them. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Writes text, which ends with a line break, above the live lines. */
  readonly above: (text: string) => void;
  /** Replaces the live lines; none removes them. */
  readonly draw: (lines: readonly string[]) => void;
  /** Removes the live lines and gives the streams back as they were. */
  readonly close: () => void;
}

/**
 * Draws on a screen. Others write to it too, and to streams that end on the same terminal (records on stdout, a
 * `console.log` in a pipeline): before they do the live lines give way, until they are drawn again.
 */
export function openTerminal(screen: Screen, sharing: readonly Screen[] = []): Terminal {
  let live: readonly string[] = [];
  // Some terminals say 0.
  const columns = (): number => screen.columns || 80;
  // A line drawn before the terminal was made narrower takes several rows now.
  const rowsOf = (line: string): number => Math.max(1, Math.ceil(stringWidth(line) / columns()));
  const erase = (): string => {
    const rows = live.reduce((sum, line) => sum + rowsOf(line), 0);
    return rows === 0 ? '' : `\r\u001b[${rows}A\u001b[J`;
  };
  const text = (): string => live.map((line) => `${line}\n`).join('');

  const write = screen.write.bind(screen);
  const draw = (lines: readonly string[]): void => {
    const erased = erase();
    live = lines;
    if (erased !== '' || lines.length > 0) write(erased + text());
  };
  const restore = [screen, ...sharing].map((stream) => {
    const original = stream.write;
    stream.write = (...args: readonly unknown[]) => {
      draw([]);
      return Reflect.apply(original, stream, args);
    };
    return () => (stream.write = original);
  });
  return {
    get columns() {
      return columns();
    },
    get rows() {
      return screen.rows || 24;
    },
    above: (lines) => void write(erase() + lines + text()),
    draw,
    close: () => {
      draw([]);
      for (const undo of restore) undo();
    },
  };
}
