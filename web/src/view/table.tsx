import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { nextSort } from '../../../src/overview/order.ts';
import type { Sort, SortKey } from '../../../src/overview/order.ts';
import { blockOf, networkOf, uptimeSeconds } from '../../../src/overview/rows.ts';
import { shortImage } from '../../../src/overview/units.ts';
import { groupRows } from '../model/rows.ts';
import type { Group, Row } from '../model/rows.ts';
import { showBytes, showSpan, showPercent, showRate } from '../model/units.ts';
import { layOut } from '../model/window.ts';
import { Spark } from './spark.tsx';
import { State } from './state.tsx';
import { VirtualList } from './virtual-list.tsx';

type Item = { readonly row: Row } | { readonly group: Group };

const COLUMNS: readonly { readonly by: SortKey; readonly title: string; readonly hint: string }[] = [
  { by: 'name', title: 'Container', hint: 'Name, and image below' },
  { by: 'state', title: 'State', hint: 'What needs attention first' },
  { by: 'uptime', title: 'Uptime', hint: 'Since its last start' },
  { by: 'restarts', title: 'Restarts', hint: 'By its restart policy' },
  { by: 'cpu', title: 'CPU', hint: '100 % is one CPU' },
  { by: 'memory', title: 'Memory', hint: 'In use, of its limit' },
  { by: 'network', title: 'Network', hint: 'Received and sent' },
  { by: 'block', title: 'Disk', hint: 'Read and written' },
];

interface Props {
  readonly rows: readonly Row[];
  readonly nowMs: number;
  readonly sort: Sort;
  readonly isGrouped: boolean;
  readonly isNarrow: boolean;
  readonly selected: string | undefined;
  readonly empty: ComponentChildren;
  readonly onSort: (sort: Sort) => void;
  readonly onSelect: (key: string) => void;
}

/** The containers. Arrows go from row to row, Enter opens one. */
export function Table({ rows, nowMs, sort, isGrouped, isNarrow, selected, empty, onSort, onSelect }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState<string>();
  const items = useMemo(
    (): readonly Item[] =>
      isGrouped
        ? groupRows(rows).flatMap((group) => [{ group }, ...group.rows.map((row) => ({ row }))])
        : rows.map((row) => ({ row })),
    [rows, isGrouped],
  );
  const layout = useMemo(
    () => layOut(items, (item) => ('group' in item ? 36 : isNarrow ? 76 : 48)),
    [items, isNarrow],
  );
  const order = items.flatMap((item) => ('row' in item ? [item.row.key] : []));
  const active = current !== undefined && order.includes(current) ? current : order[0];
  const isMoved = useRef(false);

  const move = (key: string | undefined): void => {
    const box = scroller.current;
    const place = layout.placed.find(({ item }) => 'row' in item && item.row.key === key);
    if (key === undefined || box === null || place === undefined) return;
    if (place.top < box.scrollTop) box.scrollTop = place.top;
    else if (place.top + place.height > box.scrollTop + box.clientHeight)
      box.scrollTop = place.top + place.height - box.clientHeight;
    isMoved.current = true;
    setCurrent(key);
  };
  useEffect(() => {
    if (!isMoved.current) return;
    const element = scroller.current?.querySelector<HTMLElement>('[tabindex="0"]');
    if (element === null || element === undefined) return;
    isMoved.current = false;
    element.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = order.indexOf(active ?? '');
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / 48) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: order.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) {
      event.preventDefault();
      move(order[Math.max(0, Math.min(order.length - 1, next))]);
    } else if (event.key === 'Enter' && active !== undefined) onSelect(active);
  };

  return (
    <div class="table" role="grid" aria-label="Containers" aria-rowcount={rows.length} onKeyDown={onKeyDown}>
      <div class="columns row" role="row">
        {COLUMNS.map(({ by, title, hint }) => (
          <div
            key={by}
            role="columnheader"
            class={`cell ${by}`}
            aria-sort={sort.by !== by ? 'none' : sort.descending ? 'descending' : 'ascending'}
          >
            <button title={hint} onClick={() => onSort(nextSort(sort, by))}>
              {title}
              <span class="arrow" aria-hidden="true">
                {sort.by === by ? (sort.descending ? '▼' : '▲') : ''}
              </span>
            </button>
          </div>
        ))}
      </div>
      {items.length === 0 ? (
        empty
      ) : (
        <VirtualList
          layout={layout}
          scroller={scroller}
          role="rowgroup"
          label="Containers"
          keyOf={(item) => ('group' in item ? `project ${item.group.project}` : item.row.key)}
        >
          {(item) =>
            'group' in item ? (
              <GroupLine group={item.group} />
            ) : (
              <RowLine
                row={item.row}
                nowMs={nowMs}
                isActive={item.row.key === active}
                isSelected={item.row.key === selected}
                onOpen={() => {
                  setCurrent(item.row.key);
                  onSelect(item.row.key);
                }}
              />
            )
          }
        </VirtualList>
      )}
    </div>
  );
}

function GroupLine({ group }: { readonly group: Group }) {
  const { project, rows, up, cpuPercent, memoryBytes } = group;
  return (
    <div class="group" role="row">
      <span role="gridcell">
        <strong>{project === '' ? 'No compose project' : project}</strong>
        <span class="muted">
          {' '}
          {up} of {rows.length} running
        </span>
      </span>
      <span class="muted figures" role="gridcell">
        CPU {showPercent(cpuPercent)} · memory {showBytes(memoryBytes)}
      </span>
    </div>
  );
}

interface LineProps {
  readonly row: Row;
  readonly nowMs: number;
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onOpen: () => void;
}

function RowLine({ row, nowMs, isActive, isSelected, onOpen }: LineProps) {
  const { now, history } = row;
  const isTrouble = row.isOomKilled || row.isCrashLooping;
  return (
    <div
      class={`row line ${row.state} ${isTrouble ? 'trouble' : ''} ${isSelected ? 'selected' : ''}`}
      role="row"
      tabindex={isActive ? 0 : -1}
      aria-selected={isSelected}
      data-name={row.name}
      data-state={row.state}
      data-oom={row.isOomKilled}
      onClick={onOpen}
    >
      <div class="cell name" role="gridcell">
        <strong title={row.name}>{row.name}</strong>
        <small title={row.image}>
          {row.service !== '' && (
            <span class="place">
              {row.project}/{row.service}
            </span>
          )}
          {shortImage(row.image)}
        </small>
      </div>
      <div class="cell state" role="gridcell">
        <State row={row} />
      </div>
      <div class="cell uptime" role="gridcell">
        {showSpan(uptimeSeconds(row, nowMs))}
      </div>
      <div class={`cell restarts ${(row.restarts ?? 0) > 0 ? 'some' : ''}`} role="gridcell">
        {row.restarts}
      </div>
      <div class="cell cpu" role="gridcell">
        <Spark history={history} names={['cpu']} least={10} />
        <span>{showPercent(now.cpuPercent)}</span>
      </div>
      <div class="cell memory" role="gridcell">
        <Spark history={history} names={['memory']} least={row.memoryLimit ?? 16 * 1024 * 1024} />
        <Memory row={row} />
      </div>
      <div class="cell network" role="gridcell" title={`${showRate(networkOf(row))} in all`}>
        <Spark history={history} names={['rx', 'tx']} least={1_000} />
        <span class="pair">
          <span>↓ {showRate(now.networkRxBytesPerSecond)}</span>
          <span>↑ {showRate(now.networkTxBytesPerSecond)}</span>
        </span>
      </div>
      <div class="cell block" role="gridcell" title={`${showRate(blockOf(row))} in all`}>
        <Spark history={history} names={['read', 'write']} least={1_000} />
        <span class="pair">
          <span>R {showRate(now.blockReadBytesPerSecond)}</span>
          <span>W {showRate(now.blockWriteBytesPerSecond)}</span>
        </span>
      </div>
    </div>
  );
}

function Memory({ row: { now, memoryLimit } }: { readonly row: Row }) {
  const used = now.memoryBytes;
  const share = used === undefined || memoryLimit === undefined ? undefined : (used / memoryLimit) * 100;
  const tone = share === undefined ? '' : share >= 90 ? 'bad' : share >= 75 ? 'warn' : '';
  return (
    <span class="pair">
      <span class={tone}>{showBytes(used)}</span>
      <span class="muted">{memoryLimit === undefined ? 'no limit' : `of ${showBytes(memoryLimit)}`}</span>
    </span>
  );
}
