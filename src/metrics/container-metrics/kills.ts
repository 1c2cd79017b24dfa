import { counter, type ContainerReading, type Row } from './reading.ts';

/** cAdvisor's name for what OpenTelemetry has none for. */
export const kills: Row<ContainerReading> = counter(
  'container_oom_events_total',
  'Times the engine told that a process was killed for want of memory, in all containers of its name.',
  ({ oomEvents }) => oomEvents,
);
