interface Counted {
  readonly labels: { readonly type: string };
  readonly count: number;
}

/**
 * Holds the lines of a counter against those of the file beside it, both written exactly once: the n-th record of a type
 * counts n, whatever happened in between.
 */
export function miscounted(records: string, counts: string): readonly string[] {
  const types = linesOf(records).map((line) => (JSON.parse(line) as { readonly type: string }).type);
  const counted = linesOf(counts).map((line) => JSON.parse(line) as Counted);
  const totals = new Map<string, number>();
  for (const [i, type] of types.entries()) {
    const count = (totals.get(type) ?? 0) + 1;
    totals.set(type, count);
    const found = counted[i];
    if (found?.labels.type !== type || found.count !== count)
      return [`record ${i + 1} is ${type} number ${count}, counted as ${JSON.stringify(found)}`];
  }
  return counted.length === types.length
    ? []
    : [`${types.length} records, ${counted.length} of them counted`];
}

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1);
