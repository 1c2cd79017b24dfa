// What happens and what runs, on the terminal: events as they come, a reading of every container each 10 s.
import { console, derive, dockerEvents, dockerStats, pipeline } from 'dockrx';
import type { DockerEvent } from 'dockrx';
import { filter } from 'rxjs';

const isOfContainer = ({ type, action }: DockerEvent): boolean =>
  type === 'container' && !action.startsWith('exec_');

export const events = pipeline(
  'events',
  dockerEvents(),
  filter((event) => event.kind === 'gap' || isOfContainer(event)),
  console(),
);

export const stats = pipeline('stats', dockerStats({ everyMs: 10_000 }), derive(), console());
