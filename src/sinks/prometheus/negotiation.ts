import { openMetricsFormat, textFormat } from './format.ts';
import type { Format } from './format.ts';

/** Which of the two formats a client prefers. OpenMetrics only where it is named; the text format where nothing fits. */
export function formatFor(accept: string | undefined): Format {
  let text = 0;
  let openMetrics = 0;
  for (const { type, parameters, quality } of rangesOf(accept ?? '')) {
    const version = parameters.get('version');
    if (type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0'))
      openMetrics = Math.max(openMetrics, quality);
    if (type === 'text/plain' && (version === undefined || version === '0.0.4'))
      text = Math.max(text, quality);
  }
  return openMetrics > 0 && openMetrics >= text ? openMetricsFormat : textFormat;
}

export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const ranges = rangesOf(acceptEncoding ?? '');
  const gzip = ranges.find(({ type }) => type === 'gzip') ?? ranges.find(({ type }) => type === '*');
  return gzip !== undefined && gzip.quality > 0;
}

interface Range {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function rangesOf(header: string): readonly Range[] {
  return header.split(',').map((range) => {
    const [type = '', ...rest] = range.split(';').map((part) => part.trim().toLowerCase());
    const parameters = new Map(
      rest.map((parameter) => {
        const [name = '', value = ''] = parameter.split('=', 2);
        return [name.trim(), value.trim().replace(/^"(.*)"$/, '$1')] as const;
      }),
    );
    const quality = Number(parameters.get('q') ?? 1);
    return { type, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 };
  });
}
