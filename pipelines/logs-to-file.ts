// Every line that containers write, once, whatever crashes: run it with --state DIR.
import { dockerLogs, ndjsonFile, pipeline } from 'dockrx';

const MiB = 1024 * 1024;
const HOUR = 3_600_000;

export default pipeline(
  'logs-to-file',
  dockerLogs(),
  ndjsonFile({
    path: 'data/logs.ndjson',
    exactlyOnce: true,
    rotate: { bytes: 64 * MiB, everyMs: HOUR },
    compress: 'gzip',
    keep: { ms: 24 * HOUR },
  }),
);
