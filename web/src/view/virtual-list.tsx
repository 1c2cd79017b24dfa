import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { inSight } from '../model/window.ts';
import type { Layout, Placed } from '../model/window.ts';

interface Props<T> {
  readonly layout: Layout<T>;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly keyOf: (item: T) => string;
  readonly children: (item: T) => ComponentChildren;
  readonly class?: string;
  /** Of the whole list, for those who cannot see it. */
  readonly label: string;
  readonly role: 'rowgroup' | 'list';
  readonly onScrolled?: (top: number) => void;
}

/** It is drawn anew each time that it has been scrolled so far. */
const STEP = 200;

/** A list of which only what is in sight is in the page. */
export function VirtualList<T>({ layout, scroller, children, label, role, ...more }: Props<T>) {
  const [sight, setSight] = useState({ from: 0, to: 1_200 });
  /** Only where the browser has just laid out the page: asked in between it would have to do so once more. */
  const look = (): void => {
    const box = scroller.current;
    if (box === null) return;
    more.onScrolled?.(box.scrollTop);
    const from = Math.floor(box.scrollTop / STEP) * STEP;
    const next = { from, to: from + box.clientHeight + STEP };
    setSight((last) => (last.from === next.from && last.to === next.to ? last : next));
  };
  useEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);
  // What stays in sight while it is scrolled is not made again.
  const made = useMemo(() => new Map<T, ComponentChildren>(), [layout, children]);
  const slot = ({ item, top, height }: Placed<T>): ComponentChildren => {
    const known = made.get(item) ?? (
      <div
        key={more.keyOf(item)}
        role="presentation"
        class="slot"
        style={{ top: `${top}px`, height: `${height}px` }}
      >
        {children(item)}
      </div>
    );
    made.set(item, known);
    return known;
  };
  return (
    <div class={`scroller ${more.class ?? ''}`} ref={scroller} onScroll={look} role={role} aria-label={label}>
      <div class="canvas" role="presentation" style={{ height: `${layout.height}px` }}>
        {inSight(layout, sight.from, sight.to).map(slot)}
      </div>
    </div>
  );
}
