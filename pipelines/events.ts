// In place of mesoscloud/events: events, readings and logs in one file, containers.log, in the fields of its version 0.2.
// The image runs this. (For records of your own begin with events-to-file.ts and stats-to-file.ts.)
// Environment: EVENTS_DIR, the folder (default data; /srv/events in the image); KEEP_SECONDS, how long files put aside are
// kept (default 3600). With --state DIR a restart goes on where it stopped.
import {
  dockerEvents,
  dockerLogs,
  dockerStats,
  flattenAsMesoscloud,
  from,
  ndjsonFile,
  pipeline,
  prometheus,
} from 'dockrx';

const MiB = 1024 * 1024;
const MINUTE = 60_000;

const { EVENTS_DIR = 'data', KEEP_SECONDS = '3600' } = process.env;

export default pipeline(
  'events',
  from(
    // As mesoscloud/events told them. Without these options labels and command lines, that may hold secrets, are left out.
    dockerEvents({ labels: ['*'], execCommands: 'keep' }),
    dockerStats(),
    dockerLogs(),
  ),
  flattenAsMesoscloud(),
  [
    ndjsonFile({
      path: `${EVENTS_DIR}/containers.log`,
      rotate: { bytes: MiB, everyMs: MINUTE, names: 'dateext' }, // containers.log-20261122010203
      keep: { ms: Number(KEEP_SECONDS) * 1000 },
    }),
    prometheus({ metrics: [] }), // http://127.0.0.1:9808: /readyz for the image's health check, /metrics of dockrx itself
  ],
);
