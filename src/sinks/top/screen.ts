/** What is used of a terminal: `process.stdout`, or anything like it. */
export interface TopOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
  hasColors?(): boolean;
  write(text: string, done?: () => void): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

/** A terminal that shows one frame at a time, and what it showed before when it is closed. */
export interface Screen {
  readonly draw: (lines: readonly string[]) => void;
  /** All of it is drawn the next time: nobody knows what a terminal of another size shows. */
  readonly forget: () => void;
  readonly close: () => void;
}

/** The alternate screen, no cursor, no line that wraps. */
const OPEN = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const CLOSE = '\u001b[?7h\u001b[?25h\u001b[?1049l';
/** DEC 2026: a terminal that knows it shows what is between all at once. */
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

export function openScreen(output: TopOutput): Screen {
  let before: readonly string[] | undefined;
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.off('exit', close);
    output.write(CLOSE);
  };
  // However the program ends.
  process.on('exit', close);
  output.write(OPEN);
  return {
    draw(lines) {
      // Whoever cannot follow is shown the next frame instead.
      if (!isOpen || output.writableNeedDrain === true) return;
      const changes = changesTo(lines, before);
      before = lines;
      if (changes !== '') output.write(BEGIN + changes + END);
    },
    forget: () => (before = undefined),
    close,
  };
}

/** What turns one frame into another: only lines that differ. */
export function changesTo(lines: readonly string[], before: readonly string[] | undefined): string {
  // Erased first: behind a line that fills its row the cursor stands on the last character.
  const changed = lines.map((line, i) => (line === before?.[i] ? '' : `\u001b[${i + 1};1H\u001b[K${line}`));
  const isShorter = before !== undefined && before.length > lines.length;
  return `${before === undefined ? '\u001b[2J' : ''}${changed.join('')}${isShorter ? '\u001b[J' : ''}`;
}
