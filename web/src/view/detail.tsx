import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isUp, uptimeSeconds } from '../../../src/overview/rows.ts';
import { shortId, showZone } from '../../../src/overview/units.ts';
import type { Row } from '../model/rows.ts';
import type { Item } from '../model/timeline.ts';
import { NOTHING, showBytes, showSpan, showPercent, showRate, showTime } from '../model/units.ts';
import { Chart } from './chart.tsx';
import type { ChartSeries } from './chart.tsx';
import { State } from './state.tsx';
import { Line } from './timeline.tsx';

const MiB = 1024 * 1024;
const CPU: readonly ChartSeries[] = [{ name: 'cpu', label: 'CPU' }];
const MEMORY: readonly ChartSeries[] = [{ name: 'memory', label: 'In use' }];
const NETWORK: readonly ChartSeries[] = [
  { name: 'rx', label: 'Received' },
  { name: 'tx', label: 'Sent' },
];
const BLOCK: readonly ChartSeries[] = [
  { name: 'read', label: 'Read' },
  { name: 'write', label: 'Written' },
];
const MOST_EVENTS = 50;

interface Props {
  readonly row: Row;
  readonly items: readonly Item[];
  readonly nowMs: number;
  readonly theme: string;
  readonly onClose: () => void;
}

/** All that is known of one container. */
export function Detail({ row, items, nowMs, theme, onClose }: Props) {
  const { history, now } = row;
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), [row.key]);
  const own = items.filter(({ containerId }) => containerId === row.id).slice(0, MOST_EVENTS);
  const version = `${history.newestMs ?? 0}`;
  const common = { history, version, theme };
  return (
    <section class="detail" aria-label={`Container ${row.name}`} data-container={row.name}>
      <header>
        <div>
          <h2>{row.name}</h2>
          <State row={row} />
        </div>
        <button ref={close} class="quiet" onClick={onClose} aria-label="Close" title="Close (Esc)">
          ✕
        </button>
      </header>
      <div class="content">
        <dl>
          <Fact name="Image">{row.image}</Fact>
          {row.service !== '' && (
            <Fact name="Compose">
              {row.project} / {row.service}
            </Fact>
          )}
          <Fact name="Id">{shortId(row.id)}</Fact>
          <Fact name="Up">{showSpan(uptimeSeconds(row, nowMs))}</Fact>
          <Fact name="Started">{time(row.startedMs, nowMs)}</Fact>
          {!isUp(row) && <Fact name="Ended">{time(row.finishedMs, nowMs)}</Fact>}
          {row.exitCode !== undefined && <Fact name="Exit code">{row.exitCode}</Fact>}
          <Fact name="Restarts">{row.restarts}</Fact>
          <Fact name="Processes">{now.pids ?? NOTHING}</Fact>
        </dl>
        {history.length === 0 ? (
          <div class="blank">
            <strong>No reading yet</strong>
            <p>
              {isUp(row) ? 'The first one comes within a second or two.' : 'This container does not run.'}
            </p>
          </div>
        ) : (
          <div class="charts">
            <Chart
              {...{ ...common, title: 'CPU: 100 % is one CPU', series: CPU, show: showPercent, least: 5 }}
            />
            <Chart
              {...{ ...common, title: 'Memory', series: MEMORY, show: showBytes, least: 4 * MiB }}
              limit={row.memoryLimit}
              isBytes
            />
            <Chart {...{ ...common, title: 'Network', series: NETWORK, show: showRate, least: 1_000 }} />
            <Chart {...{ ...common, title: 'Disk', series: BLOCK, show: showRate, least: 1_000 }} />
          </div>
        )}
        <h3>Events</h3>
        <div role="list" class="own">
          {own.length === 0 && <p class="muted">None since this page began.</p>}
          {own.map((item) => (
            <Line key={item.key} item={item} nowMs={nowMs} />
          ))}
        </div>
      </div>
    </section>
  );
}

const time = (ms: number | undefined, nowMs: number): string =>
  ms === undefined ? NOTHING : `${showTime(ms, nowMs)} ${showZone(ms)}`;

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
