import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { sortRows } from '../../../src/overview/order.ts';
import type { Sort } from '../../../src/overview/order.ts';
import { searchRows } from '../../../src/overview/search.ts';
import type { Follower } from '../feed.ts';
import type { Row } from '../model/rows.ts';
import type { Store } from '../model/store.ts';
import type { Category, Item } from '../model/timeline.ts';
import { ConnectionBanner, ConnectionPill } from './connection.tsx';
import { Detail } from './detail.tsx';
import { Empty, Refused } from './blanks.tsx';
import { Pipelines } from './pipelines.tsx';
import { Summary } from './summary.tsx';
import { Table } from './table.tsx';
import { Timeline } from './timeline.tsx';
import { useKept, useMedia } from './use-settings.ts';

type View = 'containers' | 'events' | 'pipelines';
type Theme = 'system' | 'light' | 'dark';

interface Props {
  readonly store: Store;
  readonly follower: Follower;
  readonly tick: number;
}

interface Shown {
  readonly nowMs: number;
  readonly rows: readonly Row[];
  readonly items: readonly Item[];
}

const NEXT_THEME = { system: 'dark', dark: 'light', light: 'system' } as const;
const THEME_SIGNS = { system: '◐', dark: '☾', light: '☀' } as const;

export function App({ store, follower, tick }: Props) {
  const status = follower.status();
  const [view, setView] = useState<View>('containers');
  const [search, setSearch] = useState('');
  const [sort, setSort] = useKept<Sort>('sort', { by: 'name', descending: false });
  const [isGrouped, setGrouped] = useKept('grouped', false);
  const [theme, setTheme] = useKept<Theme>('theme', 'system');
  const [categories, setCategories] = useKept<readonly Category[]>('events', [
    'trouble',
    'containers',
    'other',
  ]);
  const [eventText, setEventText] = useState('');
  const [selected, setSelected] = useState<string>();
  const isNarrow = useMedia('(max-width: 760px)');
  const isWide = useMedia('(min-width: 1180px)');
  const isDark = useMedia('(prefers-color-scheme: dark)');
  const colours = theme === 'system' ? (isDark ? 'dark' : 'light') : theme;
  const searchBox = useRef<HTMLInputElement>(null);

  // While it is paused everything stands still, also uptimes.
  const last = useRef<Shown>(undefined);
  const shown = useMemo((): Shown => {
    const nowMs = follower.nowMs();
    if (status.isPaused && last.current !== undefined) return last.current;
    return { nowMs, rows: store.rows(nowMs), items: store.items() };
  }, [tick, status.isPaused]);
  last.current = shown;
  const { nowMs, rows, items } = shown;
  const found = useMemo(() => sortRows(searchRows(rows, search), sort), [rows, search, sort]);
  const row = rows.find(({ key }) => key === selected);
  const pipelines = follower.pipelines();

  useEffect(() => {
    document.documentElement.dataset['theme'] = colours;
  }, [colours]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key === 'Escape') {
        if (isTyping) {
          setSearch('');
          event.target.blur();
        } else setSelected(undefined);
      }
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '/') {
        event.preventDefault();
        setView('containers');
        searchBox.current?.focus();
      } else if (event.key === 'p') follower.pause(!follower.status().isPaused);
      else if (event.key === 'g') setGrouped(!isGrouped);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [isGrouped]);

  if (status.link.state === 'refused') return <Refused link={status.link} />;
  const openContainer = (id: string): void => {
    const key = rows.find((one) => one.id === id)?.key;
    if (key !== undefined) setSelected(key);
  };
  const timeline = (
    <Timeline
      items={items}
      nowMs={nowMs}
      shown={categories}
      text={eventText}
      onShown={setCategories}
      onText={setEventText}
      onOpen={openContainer}
    />
  );
  const views: readonly View[] = isWide ? ['containers', 'pipelines'] : ['containers', 'events', 'pipelines'];
  const current = views.includes(view) ? view : 'containers';
  return (
    <div class={`page ${isNarrow ? 'narrow' : ''}`}>
      <header class="top">
        <h1>
          <img src="./icon.svg" alt="" width="22" height="22" /> dockrx
        </h1>
        <ConnectionPill status={status} />
        {store.isSimulated() && (
          <span class="pill warn" title="No Docker engine: what you see is made up">
            Simulated
          </span>
        )}
        <nav aria-label="Views">
          {views.map((one) => (
            <button
              key={one}
              aria-current={current === one ? 'page' : undefined}
              onClick={() => setView(one)}
            >
              {one[0]!.toUpperCase() + one.slice(1)}
            </button>
          ))}
        </nav>
        <div class="tools">
          <input
            ref={searchBox}
            type="search"
            placeholder={isNarrow ? 'Search' : 'Search   /'}
            aria-label="Search containers"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
          <button
            aria-pressed={isGrouped}
            onClick={() => setGrouped(!isGrouped)}
            title="Group by compose project (g)"
          >
            Group
          </button>
          <button
            aria-pressed={status.isPaused}
            onClick={() => follower.pause(!status.isPaused)}
            title="Pause (p)"
          >
            {status.isPaused ? 'Go on' : 'Pause'}
          </button>
          <button
            class="quiet"
            onClick={() => setTheme(NEXT_THEME[theme])}
            title={`Colours: ${theme}`}
            aria-label={`Colours: ${theme}`}
          >
            {THEME_SIGNS[theme]}
          </button>
        </div>
      </header>
      <ConnectionBanner status={status} nowMs={follower.nowMs()} />
      <Summary rows={rows} store={store} pipelines={pipelines.now} />
      <main class={isWide || row !== undefined ? 'two' : 'one'}>
        {current === 'containers' && (
          <Table
            rows={found}
            nowMs={nowMs}
            sort={sort}
            isGrouped={isGrouped}
            isNarrow={isNarrow}
            selected={selected}
            empty={<Empty isLoading={status.link.state === 'connecting'} search={search} all={rows.length} />}
            onSort={setSort}
            onSelect={setSelected}
          />
        )}
        {current === 'events' && timeline}
        {current === 'pipelines' && <Pipelines now={pipelines.now} before={pipelines.before} />}
        {row !== undefined ? (
          <Detail
            row={row}
            items={items}
            nowMs={nowMs}
            theme={colours}
            onClose={() => setSelected(undefined)}
          />
        ) : (
          isWide && timeline
        )}
      </main>
    </div>
  );
}
