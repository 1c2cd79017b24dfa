import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { History, SeriesName } from '../model/history.ts';
import { showClock } from '../../../src/overview/units.ts';

export interface ChartSeries {
  readonly name: SeriesName;
  readonly label: string;
}

interface Props {
  readonly title: string;
  readonly history: History;
  readonly series: readonly ChartSeries[];
  readonly show: (value: number) => string;
  /** Drawn as a line of its own. */
  readonly limit?: number | undefined;
  /** The scale reaches at least so far. */
  readonly least: number;
  /** Steps of its axis are powers of two. */
  readonly isBytes?: boolean;
  /** Changes with every reading, and with the colours. */
  readonly version: string;
  readonly theme: string;
}

const HEIGHT = 150;
const POWERS = Array.from({ length: 40 }, (_, i) => 2 ** (i + 10));

/** A large chart of one container. */
export function Chart({
  title,
  history,
  series,
  show,
  limit,
  least,
  isBytes = false,
  version,
  theme,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = (): uPlot.AlignedData => {
    const { times } = history.read(series[0]!.name);
    const lines = series.map(({ name }) =>
      history.read(name).values.map((value) => (Number.isNaN(value) ? null : value)),
    );
    return [times, ...lines, ...(limit === undefined ? [] : [times.map(() => limit)])];
  };
  useEffect(() => {
    const element = box.current!;
    const colour = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--muted'),
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const line = (label: string, stroke: string, dash?: number[]): uPlot.Series => ({
      label,
      stroke,
      width: dash === undefined ? 1.5 : 1,
      ...(dash !== undefined && { dash }),
      points: { show: false },
      value: (_plot, value: number | null) => (value === null ? '–' : show(value)),
    });
    plot.current = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        cursor: { points: { size: 5 }, drag: { x: false, y: false } },
        legend: { live: true },
        scales: { y: { range: (_plot, _least, most) => [0, Math.max(least, (most || 0) * 1.08)] } },
        series: [
          {
            label: 'Time',
            value: (_plot, value: number | null) => (value === null ? '–' : showClock(value * 1_000)),
          },
          ...series.map(({ name, label }) => line(label, colour(`--${name}`))),
          ...(limit === undefined ? [] : [line('Limit', colour('--bad'), [4, 4])]),
        ],
        axes: [
          {
            ...axis,
            size: 26,
            values: (_plot, values) => values.map((value) => showClock(value * 1_000)),
            space: 80,
          },
          {
            ...axis,
            values: (_plot, values) => values.map(show),
            size: 76,
            space: 28,
            ...(isBytes && { incrs: POWERS }),
          },
        ],
      },
      data(),
      element,
    );
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, [history, theme, limit]);
  useEffect(() => {
    const now = plot.current;
    now?.setData(data());
    // Without a pointer the legend tells of the newest reading.
    if (now?.cursor.idx == null) now?.setLegend({ idx: history.length - 1 });
  }, [version, theme]);
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={box} data-points={history.length} />
    </figure>
  );
}
