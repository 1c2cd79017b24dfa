import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Mark } from '../../../src/overview/happenings.ts';
import { showZone } from '../../../src/overview/units.ts';
import { filterItems } from '../model/timeline.ts';
import type { Category, Item } from '../model/timeline.ts';
import { showTime } from '../model/units.ts';
import { layOut } from '../model/window.ts';
import { VirtualList } from './virtual-list.tsx';

const CATEGORIES: readonly { readonly category: Category; readonly title: string }[] = [
  { category: 'trouble', title: 'Trouble' },
  { category: 'containers', title: 'Containers' },
  { category: 'other', title: 'Other' },
  { category: 'execs', title: 'Execs' },
];

const LABELS: Readonly<Partial<Record<Mark, string>>> = {
  oom: 'OOM',
  'crash-loop': 'LOOP',
  unhealthy: 'HEALTH',
  failed: 'FAILED',
  gap: 'GAP',
};

const ROW_HEIGHT = 46;

interface Props {
  readonly items: readonly Item[];
  readonly nowMs: number;
  readonly shown: readonly Category[];
  readonly text: string;
  readonly onShown: (shown: readonly Category[]) => void;
  readonly onText: (text: string) => void;
  readonly onOpen: (containerId: string) => void;
}

/** What happened, the newest first. */
export function Timeline({ items, nowMs, shown, text, onShown, onText, onOpen }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const found = useMemo(() => filterItems(items, { categories: new Set(shown), text }), [items, shown, text]);
  const layout = useMemo(() => layOut(found, () => ROW_HEIGHT), [found]);
  // Who reads further down keeps what he reads before him.
  const before = useRef<readonly Item[]>([]);
  const isFurther = useRef(false);
  useLayoutEffect(() => {
    const box = scroller.current;
    const top = before.current[0];
    if (box !== null && isFurther.current && top !== undefined) {
      const added = found.findIndex(({ key }) => key === top.key);
      if (added > 0) box.scrollTop += added * ROW_HEIGHT;
    }
    before.current = found;
  }, [found]);
  return (
    <section class="timeline" aria-label="Events">
      <div class="filters">
        <input
          type="search"
          placeholder="Filter events"
          aria-label="Filter events"
          value={text}
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
        <div class="chips">
          {CATEGORIES.map(({ category, title }) => (
            <button
              key={category}
              class={`chip ${category}`}
              aria-pressed={shown.includes(category)}
              onClick={() =>
                onShown(
                  shown.includes(category) ? shown.filter((one) => one !== category) : [...shown, category],
                )
              }
            >
              {title}
            </button>
          ))}
        </div>
      </div>
      {found.length === 0 ? (
        <div class="blank">
          <strong>{items.length === 0 ? 'Nothing has happened yet' : 'Nothing matches'}</strong>
          <p>
            {items.length === 0
              ? 'Starts, exits, OOM kills, health changes and gaps appear here as they come.'
              : `${items.length} events are hidden by the filter.`}
          </p>
        </div>
      ) : (
        <VirtualList
          layout={layout}
          scroller={scroller}
          role="list"
          label="Events"
          keyOf={({ key }) => key}
          onScrolled={(top) => (isFurther.current = top > 0)}
        >
          {(item) => <Line item={item} nowMs={nowMs} onOpen={onOpen} />}
        </VirtualList>
      )}
      <footer class="muted">
        {found.length} {found.length === 1 ? 'event' : 'events'} · times in {showZone(nowMs)}
      </footer>
    </section>
  );
}

export function Line({
  item,
  nowMs,
  onOpen,
}: {
  readonly item: Item;
  readonly nowMs: number;
  readonly onOpen?: (containerId: string) => void;
}) {
  const { mark, containerId } = item;
  const label = LABELS[mark];
  return (
    <div
      class={`happening ${mark}`}
      role="listitem"
      data-mark={mark}
      onClick={containerId === undefined ? undefined : () => onOpen?.(containerId)}
    >
      <time dateTime={item.time} title={item.time}>
        {showTime(item.atMs, nowMs)}
      </time>
      <div class="what">
        <strong title={item.subject}>{item.subject}</strong>
        {label !== undefined && <b class={`badge ${mark === 'unhealthy' ? 'warn' : 'bad'}`}>{label}</b>}
        <small title={item.text}>
          {item.text}
          {item.isSynthetic && (
            <i title="dockrx worked it out: the engine did not tell it while dockrx listened"> · inferred</i>
          )}
        </small>
      </div>
    </div>
  );
}
