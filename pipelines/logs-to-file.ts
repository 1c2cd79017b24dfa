// Every line that a container writes, exactly once, also over restarts of either side: data/logs.ndjson.
// Run it with --state data/state, or a restart begins with what is written from then on.
import { dockerLogs, ndjsonFile, pipeline } from 'dockrx';

const MiB = 1024 * 1024;
const HOUR = 3_600_000;

export default pipeline(
  'logs-to-file',
  dockerLogs(),
  ndjsonFile({
    path: 'data/logs.ndjson',
    rotate: { bytes: 64 * MiB, everyMs: HOUR },
    compress: 'gzip',
    keep: { ms: 24 * HOUR },
  }),
);
