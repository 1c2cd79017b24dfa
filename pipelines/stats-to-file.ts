// A reading of every running container each second, with its rates: data/stats.ndjson.
import { derive, dockerStats, flattenStats, ndjsonFile, pipeline } from 'dockrx';

const MiB = 1024 * 1024;
const HOUR = 3_600_000;

export default pipeline(
  'stats-to-file',
  dockerStats(),
  derive(),
  flattenStats(),
  ndjsonFile({
    path: 'data/stats.ndjson',
    rotate: { bytes: 64 * MiB, everyMs: HOUR },
    compress: 'gzip',
    keep: { ms: 24 * HOUR },
  }),
);
