/** Labels as they are printed, without braces: `a="b",c="d"`. */
export function printLabels(labels: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${String(value).replace(/[\\"\n]/g, escape)}"`)
    .join(',');
}

const escape = (character: string): string => (character === '\n' ? '\\n' : `\\${character}`);
