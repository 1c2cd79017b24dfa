import { figure } from './figure.ts';
import type { Column } from './report.ts';
import type { BenchSet } from './sets.ts';

const COLUMNS: readonly Column[] = [
  ['ns a reading', 'reading', figure('readingNs'), 1],
  ['CPU ms/1,000 samples', 'samples', figure('thousandSamplesMs'), 2],
  ['text CPU ms', 'text', figure('textCpuMs'), 1],
  ['scrape CPU ms', 'CPU', figure('scrapeCpuMs'), 1],
  ['scrape ms', 'scrape', figure('scrapeMs'), 1],
  ['longest block ms', 'block', figure('blockMs'), 1],
  ['KiB', 'KiB', figure('scrapeKiB'), 0],
  ['MiB/10,000 series', 'MiB', figure('tenThousandMiB'), 1],
];

/** Samples of containers into 50 metrics each, then scraped. */
export function metricsSet(series: number): BenchSet {
  return {
    name: 'metrics',
    title: `samples → ${series} series of 50 metrics → scraped by another process`,
    candidates: ['metrics-prom-client', 'metrics-dockrx'],
    amount: series,
    columns: COLUMNS,
    verify: () => Promise.resolve(series),
  };
}

export function churnSet(containers: number): BenchSet {
  return {
    name: 'metrics',
    title: `${containers} containers created and destroyed, each with 50 readings and a counter, 1 s of grace`,
    candidates: ['metrics-churn'],
    amount: containers,
    columns: [
      ['series, most', 'most', figure('mostSeries'), 0],
      ['series, after', 'after', figure('seriesAfter'), 0],
      ['RSS MiB before', 'before', figure('rssBefore'), 0],
      ['RSS MiB after', 'after', figure('rssAfter'), 0],
      ['heap MiB before', 'heap', figure('heapBefore'), 1],
      ['heap MiB after', 'heap', figure('heapAfter'), 1],
      ['CPU µs a container', 'CPU', figure('containerUs'), 1],
    ],
    verify: () => Promise.resolve(containers),
  };
}
