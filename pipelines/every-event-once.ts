// Every event in the file, once, whatever crashes: run it with --state DIR.
import { dockerEvents, flattenEvent, journaled, ndjsonFile, pipeline } from 'dockrx';

const MiB = 1024 * 1024;
const HOUR = 3_600_000;

export default pipeline(
  'every-event-once',
  journaled(dockerEvents(), { dir: 'data/events.journal', maxBytes: 256 * MiB }),
  flattenEvent(),
  ndjsonFile({
    path: 'data/every-event.ndjson',
    exactlyOnce: true,
    rotate: { bytes: 64 * MiB, everyMs: 24 * HOUR },
    compress: 'gzip',
  }),
);
