import { gauge, type EngineReading, type Row } from '../reading.ts';

export const engine: readonly Row<EngineReading>[] = [
  gauge(
    'container_scrape_error',
    '1 while a container that runs can be read no more, else 0.',
    ({ lacksReadings }) => (lacksReadings() ? 1 : 0),
  ),
  gauge('machine_cpu_cores', 'CPUs of the host.', ({ info }) => info.cpus),
  gauge('machine_memory_bytes', 'Memory of the host.', ({ info }) => info.memoryBytes),
  gauge(
    'cadvisor_version_info',
    'Always 1: the versions of the kernel, the system and the engine. There is no cAdvisor here, so none of its own.',
    ({ info: { version, kernel, os } }) => [
      [{ dockerVersion: version, kernelVersion: kernel, osVersion: os }, 1],
    ],
  ),
  gauge(
    'engine_daemon_container_states_containers',
    'Containers by what they do, as the engine counts them.',
    ({ info }) => Object.entries(info.containers).map(([state, count]) => [{ state }, count]),
  ),
  gauge('engine_images', 'Images that the engine has.', ({ info }) => info.images),
];
