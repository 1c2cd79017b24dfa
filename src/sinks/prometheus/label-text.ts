import type { Labels } from '../../records/labels.ts';
import { faultOfLabelName } from './names.ts';

/** Prints labels: in the order of their names, so that the text of equal labels is equal. */
export interface LabelPrinter {
  /** `a="b",c="d"`. Throws where a name cannot be one. */
  readonly print: (labels: Labels) => string;
  /** The same names, each with the value `__other__`. */
  readonly printOther: (labels: Labels) => string;
}

export interface LabelPrinterOptions {
  /** The names that the labels must have; without it any. */
  readonly names?: readonly string[] | undefined;
  /** Characters of a value; what is longer is cut. */
  readonly limit: number;
  readonly cut: () => void;
}

export function labelPrinter({ names, limit, cut }: LabelPrinterOptions): LabelPrinter {
  // Names as they came last, and as they are printed: mostly a metric's labels all have the same.
  let came: readonly string[] = [];
  let sorted: readonly string[] = [];
  const order = (labels: Labels): readonly string[] => {
    if (hasNames(labels, came)) return sorted;
    const found = Object.keys(labels);
    checkNames(found, names);
    came = found;
    sorted = [...found].sort();
    return sorted;
  };
  const valueText = (value: string): string => {
    if (value.length <= limit) return escaped(value);
    cut();
    return escaped(value.slice(0, limit).replace(/[\uD800-\uDBFF]$/, ''));
  };
  const print = (labels: Labels, textOf: (value: string) => string): string => {
    let text = '';
    for (const name of order(labels)) {
      if (text !== '') text += ',';
      text += `${name}="${textOf(String(labels[name]))}"`;
    }
    return text;
  };
  return {
    print: (labels) => print(labels, valueText),
    printOther: (labels) => print(labels, () => '__other__'),
  };
}

/** Texts side by side, one or both of which may be empty. */
export const joined = (one: string, other: string): string =>
  one === '' ? other : other === '' ? one : `${one},${other}`;

function hasNames(labels: Labels, names: readonly string[]): boolean {
  let at = 0;
  for (const name in labels) {
    if (names[at] !== name) return false;
    at += 1;
  }
  return at === names.length;
}

function checkNames(found: readonly string[], wanted: readonly string[] | undefined): void {
  for (const name of found) {
    const fault = faultOfLabelName(name);
    if (fault !== undefined) throw new TypeError(`the label name ${JSON.stringify(name)} ${fault}`);
  }
  if (wanted === undefined) return;
  if (found.length !== wanted.length || found.some((name) => !wanted.includes(name)))
    throw new TypeError(`its labels must be ${wanted.join(', ')}, not ${found.join(', ')}`);
}

/** A lone half of a surrogate pair has no UTF-8, and a NUL ends the text for Prometheus. */
const UNSAFE = /[\\"\n\0]|\p{Surrogate}/u;
const EACH_UNSAFE = /[\\"\n\0]|\p{Surrogate}/gu;

export const escaped = (value: string): string =>
  UNSAFE.test(value) ? value.replace(EACH_UNSAFE, escapeOf) : value;

function escapeOf(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\\':
    case '"':
      return `\\${character}`;
    default:
      return '\uFFFD';
  }
}
