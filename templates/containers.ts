// Containers that start and end: on the terminal, and a line of JSON each in data/containers.ndjson.
import { console, dockerEvents, ndjsonFile, pipeline } from 'dockrx';
import type { DockerEvent, Gap } from 'dockrx';
import { filter, map } from 'rxjs';

const isStartOrEnd = (record: DockerEvent | Gap): record is DockerEvent =>
  record.kind === 'docker-event' && record.type === 'container' && ['start', 'die'].includes(record.action);

export default pipeline(
  'containers',
  dockerEvents(),
  filter(isStartOrEnd),
  map(({ time, action, attributes, exit }) => ({
    time,
    action,
    container: attributes.name,
    image: attributes.image,
    ...(exit && { exitCode: exit.code }),
  })),
  [console(), ndjsonFile({ path: 'data/containers.ndjson' })],
);
