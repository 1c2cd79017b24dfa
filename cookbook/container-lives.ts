// One line for each life of a container, when it is over: how long it was, exit code, OOM, peak memory, CPU seconds, bytes;
// a file a day, data/lives/2026-11-27.ndjson. With --state DIR a life goes on over a restart of dockrx.
import { dockerContainers, dockerEvents, dockerStats, from, ndjsonFile, pipeline, sessionize } from 'dockrx';
import { filter } from 'rxjs';

export default pipeline(
  'container-lives',
  from(dockerContainers(), dockerEvents(), dockerStats()),
  sessionize(),
  filter((told) => told.kind === 'session'),
  ndjsonFile({ path: 'data/lives/{date}.ndjson' }),
);
