// Why did it die? For each death and OOM kill a line in data/post-mortems.ndjson: what happened, the readings of the minute
// before, and the last hundred lines that the container wrote. What looks like a secret in them is hidden.
import {
  correlate,
  derive,
  dockerEvents,
  dockerLogs,
  dockerStats,
  from,
  ndjsonFile,
  pipeline,
  redact,
} from 'dockrx';
import { filter } from 'rxjs';

export default pipeline(
  'post-mortem',
  from(dockerEvents(), dockerStats(), dockerLogs()),
  derive(),
  correlate({ lastMs: 60_000 }),
  filter((told) => told.kind === 'incident'),
  redact(),
  ndjsonFile({ path: 'data/post-mortems.ndjson', rotate: { bytes: 16 * 1024 * 1024 }, keep: { files: 10 } }),
);
