import stringWidth from 'string-width';

/** Where lines are written; `process.stderr`, or anything like it. */
export interface Screen {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** A terminal whose last lines are redrawn in place while other lines are written above them. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  /** Writes text, which ends with a line break, above the live lines. */
  readonly above: (text: string) => void;
  /** Replaces the live lines; none removes them. */
  readonly draw: (lines: readonly string[]) => void;
}

export function openTerminal(screen: Screen): Terminal {
  let live: readonly string[] = [];
  const columns = (): number => screen.columns ?? 80;
  // A line drawn before the terminal was made narrower takes several rows now.
  const rowsOf = (line: string): number => Math.max(1, Math.ceil(stringWidth(line) / columns()));
  const erase = (): string => {
    const rows = live.reduce((sum, line) => sum + rowsOf(line), 0);
    return rows === 0 ? '' : `\r\u001b[${rows}A\u001b[J`;
  };
  const text = (): string => live.map((line) => `${line}\n`).join('');
  return {
    get columns() {
      return columns();
    },
    get rows() {
      return screen.rows ?? 24;
    },
    above: (lines) => void screen.write(erase() + lines + text()),
    draw: (lines) => {
      const erased = erase();
      live = lines;
      screen.write(erased + text());
    },
  };
}
