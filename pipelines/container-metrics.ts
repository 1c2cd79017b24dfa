// What cAdvisor tells of containers, from the engine alone: http://127.0.0.1:9808/metrics.
import {
  containerMetrics,
  dockerContainers,
  dockerEvents,
  dockerStats,
  from,
  pipeline,
  prometheus,
} from 'dockrx';

export default pipeline(
  'container-metrics',
  from(dockerContainers(), dockerStats(), dockerEvents()),
  prometheus({ metrics: containerMetrics({ names: 'cadvisor' }) }),
);
