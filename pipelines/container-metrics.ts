// What cAdvisor tells of containers, from the engine alone, and what happens there: http://127.0.0.1:9808/metrics.
import {
  containerMetrics,
  counter,
  dockerContainers,
  dockerEvents,
  dockerStats,
  from,
  pipeline,
  prometheus,
} from 'dockrx';
import type { ObservedValueOf } from 'rxjs';

const MINUTE = 60_000;

const engine = from(dockerContainers({ sizes: { everyMs: 15 * MINUTE } }), dockerStats(), dockerEvents());

const events = counter({
  name: 'docker_events_total',
  help: 'What happened on the engine.',
  labels: (told: ObservedValueOf<typeof engine>) =>
    told.kind === 'docker-event' ? { type: told.type, action: told.action } : undefined,
});

export default pipeline(
  'container-metrics',
  engine,
  prometheus({ metrics: [...containerMetrics({ names: 'cadvisor' }), events] }),
);
