import { projects, services, type Service } from './catalog.ts';
import { createRandom } from './random.ts';
import type { ContainerSpec } from './types.ts';

const networksOf = (project: string, { network }: Service): string[] => {
  if (network === 'host' || network === 'none') return [network];
  return network === 'two' ? [`${project}_default`, `${project}_edge`] : [`${project}_default`];
};

/** A container as docker compose would create it. */
export function composeSpec(project: string, service: Service, number: number, seed: number): ContainerSpec {
  const name = `${project}-${service.name}-${number}`;
  return {
    name,
    image: service.image,
    command: service.command,
    labels: {
      'com.docker.compose.config-hash': createRandom(seed, name).hex(64),
      'com.docker.compose.container-number': String(number),
      'com.docker.compose.oneoff': 'False',
      'com.docker.compose.project': project,
      'com.docker.compose.project.config_files': `/srv/${project}/compose.yaml`,
      'com.docker.compose.project.working_dir': `/srv/${project}`,
      'com.docker.compose.service': service.name,
      'com.docker.compose.version': '2.29.7',
    },
    networks: networksOf(project, service),
    volumes:
      service.data === '' ? [] : [{ name: `${project}_${service.name}-data`, destination: service.data }],
    memoryLimitBytes: service.memoryLimitBytes,
    cpus: service.cpus,
    pidsLimit: service.pidsLimit,
    tty: false,
    autoRemove: false,
    restartPolicy: { name: 'unless-stopped', maximumRetryCount: 0 },
    healthCommand: service.healthCommand,
    load: service.load,
  };
}

/** Projects beyond the named ones get a number: shop, blog, …, shop2, blog2, … */
const projectName = (index: number): string => {
  const round = Math.floor(index / projects.length);
  return `${projects[index % projects.length]!}${round === 0 ? '' : round + 1}`;
};

/** `count` containers: whole projects one after the other. The same seed gives the same fleet. */
export function fleetSpecs(count: number, seed: number): ContainerSpec[] {
  return Array.from({ length: count }, (_, i) => {
    const project = projectName(Math.floor(i / services.length));
    return composeSpec(project, services[i % services.length]!, 1, seed);
  });
}
