import { lossesOf } from '../model/flow.ts';
import { totalsOf } from '../model/rows.ts';
import type { Row } from '../model/rows.ts';
import type { Store } from '../model/store.ts';
import { showBytes, showCount, showPercent } from '../model/units.ts';

/** All containers in a line, and what is wrong. */
export function Summary({
  rows,
  store,
  pipelines,
}: {
  readonly rows: readonly Row[];
  readonly store: Store;
  readonly pipelines: Parameters<typeof lossesOf>[0];
}) {
  const { up, cpuPercent, memoryBytes } = totalsOf(rows);
  const engines = store.engines();
  const cpus = engines.reduce((sum, engine) => sum + engine.cpus, 0);
  const memory = engines.reduce((sum, engine) => sum + engine.memoryBytes, 0);
  const unhealthy = rows.filter(({ health, state }) => health === 'unhealthy' && state === 'running').length;
  const oom = rows.filter(({ isOomKilled }) => isOomKilled).length;
  const loops = rows.filter(({ isCrashLooping }) => isCrashLooping).length;
  const { dropped, rejected, gaps } = lossesOf(pipelines);
  const troubles = [
    [unhealthy, 'unhealthy'],
    [oom, 'OOM killed'],
    [loops, loops === 1 ? 'crash loop' : 'crash loops'],
    [gaps, gaps === 1 ? 'gap' : 'gaps'],
    [dropped, 'records dropped'],
    [rejected, 'records rejected'],
  ] as const;
  return (
    <div class="summary">
      <span>
        <b>{up}</b> of {rows.length} running
      </span>
      <span>
        CPU <b>{showPercent(cpuPercent)}</b>
        {cpus > 0 && <span class="muted"> of {cpus * 100} %</span>}
      </span>
      <span>
        Memory <b>{showBytes(memoryBytes)}</b>
        {memory > 0 && <span class="muted"> of {showBytes(memory)}</span>}
      </span>
      {engines.map((engine) => (
        <span class="muted engine" key={engine.host}>
          {engine.host} · {engine.engine} {engine.version}
        </span>
      ))}
      {troubles
        .filter(([count]) => count > 0)
        .map(([count, what]) => (
          <span class="badge bad" key={what}>
            {showCount(count)} {what}
          </span>
        ))}
    </div>
  );
}
