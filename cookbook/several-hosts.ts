// Containers of several hosts at one address for Prometheus, http://127.0.0.1:9808/metrics, told apart by the label host.
// Set HOSTS to their engines by name: web-1=ssh://ops@web-1,db-1=tcp://db-1:2376. A host that is away is tried again, and
// the others go on; its series stay as they were until it tells more.
import {
  counter,
  derive,
  dockerEngine,
  dockerEvents,
  dockerStats,
  from,
  pipeline,
  prometheus,
  readings,
} from 'dockrx';
import type { DerivedStats, DockerEvent, Gap } from 'dockrx';

const engines = (process.env['HOSTS'] ?? '').split(',').map((named) => {
  const [host = '', address = ''] = named.split('=');
  return address === '' ? dockerEngine() : dockerEngine({ host, address });
});

const ofContainer = (told: DerivedStats | DockerEvent | Gap): told is DockerEvent =>
  told.kind === 'docker-event' && told.type === 'container';

export default pipeline(
  'several-hosts',
  from(...engines.flatMap((engine) => [dockerStats({ engine }), dockerEvents({ engine })])),
  derive(),
  prometheus({
    metrics: [
      readings({
        of: (told) => told.kind === 'container-stats',
        key: ({ host, container }) => `${host}/${container.id}`,
        labels: ({ host, container }) => ({ host, name: container.name, image: container.image }),
        metrics: [
          {
            name: 'container_cpu_seconds_total',
            help: 'CPU time since the start.',
            type: 'counter',
            read: ({ stats }) => stats.cpu_stats.cpu_usage.total_usage / 1e9,
          },
          {
            name: 'container_memory_bytes',
            help: 'Memory in use, as docker stats shows it.',
            type: 'gauge',
            read: ({ derived }) => derived.memoryBytes,
          },
        ],
        ends: {
          of: (told) => (ofContainer(told) && told.action === 'die' ? `${told.host}/${told.id}` : undefined),
          graceMs: 60_000,
        },
      }),
      counter({
        name: 'container_events_total',
        help: 'What happened to containers.',
        labels: (told) => (ofContainer(told) ? { host: told.host, action: told.action } : undefined),
      }),
    ],
  }),
);
