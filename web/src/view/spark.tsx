import { useMemo } from 'preact/hooks';
import type { History, SeriesName } from '../model/history.ts';
import { scaleOf, sparkPath } from '../model/spark.ts';

/** So many readings are drawn. */
const SLOTS = 60;
const BOX = { width: 52, height: 22, slots: SLOTS };

/** A small curve of each series, on one scale. */
export function Spark({
  history,
  names,
  least,
}: {
  readonly history: History;
  readonly names: readonly SeriesName[];
  readonly least: number;
}) {
  const paths = useMemo(() => {
    const lists = names.map((name) => history.read(name, SLOTS).values);
    const most = scaleOf(lists, least);
    return lists.map((values) => sparkPath(values, { ...BOX, most }));
  }, [history, history.newestMs, least]);
  return (
    <svg class="spark" viewBox={`0 0 ${BOX.width} ${BOX.height}`} aria-hidden="true">
      {paths.map((path, i) => (
        <path key={names[i]} class={`line-${names[i]!}`} d={path} />
      ))}
    </svg>
  );
}
