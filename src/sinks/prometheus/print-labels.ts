import { escaped } from './label-text.ts';

/** Labels as they are printed, without braces: `a="b",c="d"`. */
export const printLabels = (labels: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(',');
