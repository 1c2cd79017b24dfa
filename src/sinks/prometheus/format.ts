import { openMetricsContentType, prometheusContentType } from 'prom-client';
import type { Bucket, Exemplar, Family, Series } from './family.ts';
import { joined } from './label-text.ts';
import { baseNameOf } from './names.ts';

/** How families are written down. */
export interface Format {
  readonly contentType: string;
  /** What stands above the series of a family. */
  readonly head: (family: Family) => string;
  /** All lines of one series. */
  readonly print: (family: Family, series: Series) => string;
  /** What stands behind all families. */
  readonly end: string;
}

/** The text format 0.0.4. */
export const textFormat: Format = {
  contentType: prometheusContentType,
  head: ({ name, help, type }) => `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n`,
  print: ({ name }, { labels, value, buckets }) =>
    buckets === undefined
      ? `${sample(name, labels)} ${valueText(value)}\n`
      : histogramText(name, labels, value, buckets, () => ''),
  end: '',
};

/** OpenMetrics 1.0.0. */
export const openMetricsFormat: Format = {
  contentType: openMetricsContentType,
  head({ name, help, type, unit }) {
    const base = baseNameOf(name);
    const unitLine = unit === undefined ? '' : `# UNIT ${base} ${unit}\n`;
    return `# TYPE ${base} ${type}\n${unitLine}# HELP ${base} ${escapedHelp(help).replaceAll('"', '\\"')}\n`;
  },
  print({ name }, { labels, value, buckets, exemplar, createdMs }) {
    const lines =
      buckets === undefined
        ? `${sample(name, labels)} ${valueText(value)}${exemplarText(exemplar)}\n`
        : histogramText(name, labels, value, buckets, exemplarText);
    if (createdMs === undefined) return lines;
    return `${lines}${sample(`${baseNameOf(name)}_created`, labels)} ${createdMs / 1000}\n`;
  },
  end: '# EOF\n',
};

function histogramText(
  name: string,
  labels: string,
  sum: number,
  buckets: readonly Bucket[],
  behind: (exemplar: Exemplar | undefined) => string,
): string {
  let text = '';
  for (const { le, count, exemplar } of buckets)
    text += `${sample(`${name}_bucket`, joined(labels, `le="${le}"`))} ${count}${behind(exemplar)}\n`;
  text += `${sample(`${name}_sum`, labels)} ${valueText(sum)}\n`;
  return `${text}${sample(`${name}_count`, labels)} ${buckets.at(-1)!.count}\n`;
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return '';
  const { labels, value, timeMs } = exemplar;
  return ` # {${labels}} ${valueText(value)}${timeMs === undefined ? '' : ` ${timeMs / 1000}`}`;
}

const sample = (name: string, labels: string): string => (labels === '' ? name : `${name}{${labels}}`);

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

const escapedHelp = (help: string): string => help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
