/** What a terminal is left with after such output. */
export interface FullScreen {
  /** What the alternate screen shows; undefined while the usual one is seen. */
  readonly alternate: readonly string[] | undefined;
  /** What was written to the usual one. */
  readonly usual: string;
  readonly hasCursor: boolean;
  readonly wraps: boolean;
  /** Whether an update has begun that is not shown yet. */
  readonly isUpdating: boolean;
}

/** Reads the commands that a full-screen program may use; any other is an error. */
export function fullScreenAfter(output: string, columns: number): FullScreen {
  let alternate: string[] | undefined;
  let usual = '';
  let [row, column] = [0, 0];
  const modes = new Map([
    ['25', true],
    ['7', true],
    ['2026', false],
  ]);
  const put = (text: string): void => {
    const line = (alternate![row] ?? '').padEnd(column);
    // Without wrapping the last column is written again and again.
    if (column >= columns) throw new Error(`row ${row} is wider than ${columns} columns: ${line}${text}`);
    alternate![row] = line.slice(0, column) + text + line.slice(column + 1);
    column += 1;
  };
  for (const [token, sign, numbers = '', command] of output.matchAll(
    /\u001b\[(\??)([\d;]*)([A-Za-z])|[^]/gu,
  )) {
    const isSet = command === 'h';
    if (sign === '?' && numbers === '1049') alternate = isSet ? [] : undefined;
    else if (sign === '?' && modes.has(numbers)) modes.set(numbers, isSet);
    else if (command === 'm') continue;
    else if (alternate === undefined && command === undefined) usual += token;
    else if (command === 'H')
      [row, column] = numbers.split(';').map((n) => Number(n) - 1) as [number, number];
    else if (command === 'K') alternate![row] = (alternate![row] ?? '').slice(0, column);
    else if (command === 'J' && numbers === '2') alternate = [];
    else if (command === 'J') alternate!.splice(row + 1);
    else if (command === undefined && token >= ' ') put(token);
    else throw new Error(`no terminal command ${JSON.stringify(token)} is expected`);
  }
  return {
    ...{ alternate: alternate?.map((line) => line.trimEnd()), usual },
    ...{ hasCursor: modes.get('25')!, wraps: modes.get('7')!, isUpdating: modes.get('2026')! },
  };
}
