// What happens on the engine, one flat line of JSON an event: data/events.ndjson.
import { dockerEvents, flattenEvent, ndjsonFile, pipeline } from 'dockrx';

const MiB = 1024 * 1024;
const HOUR = 3_600_000;

export default pipeline(
  'events-to-file',
  dockerEvents(),
  flattenEvent(),
  ndjsonFile({
    path: 'data/events.ndjson',
    rotate: { bytes: 64 * MiB, everyMs: 24 * HOUR },
    compress: 'gzip',
    keep: { ms: 30 * 24 * HOUR },
  }),
);
