// The ten containers that use most memory, each minute, in bytes: data/top-memory.ndjson. The most that each had in the
// minute counts, without page cache that can be dropped, as `docker stats` shows it.
import { derive, dockerStats, ndjsonFile, pipeline, topK } from 'dockrx';

const DAY = 24 * 3_600_000;

export default pipeline(
  'top-memory',
  dockerStats(),
  derive(),
  topK({
    labels: ({ host, container }) => ({ host, name: container.name }),
    value: ({ derived }) => derived.memoryBytes,
    combine: 'max',
    windowMs: 60_000,
  }),
  ndjsonFile({ path: 'data/top-memory.ndjson', rotate: { everyMs: DAY }, keep: { ms: 30 * DAY } }),
);
