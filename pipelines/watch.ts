// What happens and what runs, on the terminal: events as they come, a reading of every container each 10 s.
import { console, derive, dockerEvents, dockerStats, pipeline } from 'dockrx';
import { filter } from 'rxjs';

export const events = pipeline(
  'events',
  dockerEvents(),
  filter(({ type, action }) => type === 'container' && !action.startsWith('exec_')),
  console(),
);

export const stats = pipeline('stats', dockerStats({ everyMs: 10_000 }), derive(), console());
