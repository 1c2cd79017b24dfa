import type { Clock } from './clock.ts';
import { emptyCounters } from './load.ts';
import { createRandom, seedOf, type Random } from './random.ts';
import type { Container, ContainerSpec, Endpoint, Network } from './types.ts';

/** What exists on the engine: containers in the order of their creation, networks, images. */
export interface World {
  readonly containers: ReadonlyMap<string, Container>;
  readonly add: (spec: ContainerSpec) => Container;
  readonly drop: (container: Container) => void;
  readonly rename: (container: Container, name: string) => void;
  /** by full id, name or unambiguous beginning of the id, as the engine looks up */
  readonly find: (reference: string) => Lookup;
  /** made when first asked for */
  readonly network: (name: string) => Network;
  readonly dropNetwork: (name: string) => void;
  /** the image's id */
  readonly image: (reference: string) => string;
  readonly imageCount: () => number;
  readonly endpoints: (spec: ContainerSpec, phase: Phase) => readonly Endpoint[];
  readonly hex: Random['hex'];
}

/** addresses exist only while it is up, the network's id once it was */
type Phase = 'created' | 'up' | 'down';

export type Lookup =
  { readonly kind: 'found'; readonly container: Container } | { readonly kind: 'missing' | 'ambiguous' };

export const defaultSpec: ContainerSpec = {
  name: '',
  image: 'busybox:1.37',
  command: ['sleep', 'infinity'],
  labels: {},
  networks: ['bridge'],
  volumes: [],
  memoryLimitBytes: 0,
  cpus: 0,
  pidsLimit: 0,
  tty: false,
  autoRemove: false,
  restartPolicy: { name: 'no', maximumRetryCount: 0 },
  healthCommand: '',
  load: {
    cpu: 0.05,
    anonBytes: 24 * 1024 ** 2,
    cacheBytes: 8 * 1024 ** 2,
    rxBytesPerSecond: 2000,
    txBytesPerSecond: 1000,
    readBytesPerSecond: 4096,
    writeBytesPerSecond: 8192,
    pids: 3,
  },
};

const networkType = (name: string): Network['type'] =>
  name === 'host' ? 'host' : name === 'none' ? 'null' : 'bridge';

const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

export function createWorld(seed: number, clock: Clock): World {
  const containers = new Map<string, Container>();
  const byName = new Map<string, Container>();
  const networks = new Map<string, Network>();
  const images = new Map<string, string>();
  const random = createRandom(seed, 'ids');
  let hosts = 1;
  let made = 0;

  const network = (name: string): Network => {
    const known = networks.get(name);
    if (known !== undefined) return known;
    const id = createRandom(seed, `network ${name}`).hex(64);
    const added = { id, name, type: networkType(name), subnet: 17 + (made++ % 200) };
    networks.set(name, added);
    return added;
  };
  const image = (reference: string): string => {
    const known = images.get(reference) ?? `sha256:${createRandom(seed, `image ${reference}`).hex(64)}`;
    images.set(reference, known);
    return known;
  };
  const endpoint = (name: string, phase: Phase): Endpoint => {
    const { id, type, subnet } = network(name);
    const on = phase === 'up' && type === 'bridge';
    if (on) hosts = (hosts % 65_000) + 1;
    const [high, low] = [hosts >> 8, hosts & 255];
    return {
      network: name,
      networkId: phase === 'created' ? '' : id,
      endpointId: phase === 'up' ? random.hex(64) : '',
      gateway: on ? `172.${subnet}.0.1` : '',
      address: on ? `172.${subnet}.${high}.${low}` : '',
      mac: on ? `02:42:ac:${hexByte(subnet)}:${hexByte(high)}:${hexByte(low)}` : '',
    };
  };
  const endpoints = ({ networks: names }: ContainerSpec, phase: Phase): readonly Endpoint[] =>
    names.map((name) => endpoint(name, phase));

  const mustBeFree = (name: string): void => {
    if (byName.has(name)) throw new Error(`simulator: the container name ${JSON.stringify(name)} is taken`);
  };

  return {
    containers,
    add: (spec) => {
      const id = random.hex(64);
      const named = spec.name === '' ? { ...spec, name: `sim_${id.slice(0, 12)}` } : spec;
      mustBeFree(named.name);
      const container: Container = {
        id,
        spec: named,
        createdNano: clock.now(),
        seed: seedOf(id, seed),
        imageId: image(spec.image),
        state: 'created',
        startedNano: 0n,
        finishedNano: 0n,
        exitCode: 0,
        oomKilled: false,
        pid: 0,
        restartCount: 0,
        health: spec.healthCommand === '' ? 'none' : 'starting',
        failingStreak: 0,
        probes: [],
        endpoints: endpoints(spec, 'created'),
        counters: emptyCounters(0n, 0),
        pressureBytes: 0,
        logs: [],
      };
      containers.set(id, container);
      byName.set(named.name, container);
      return container;
    },
    drop: ({ id, spec }) => {
      containers.delete(id);
      byName.delete(spec.name);
    },
    rename: (container, name) => {
      mustBeFree(name);
      byName.delete(container.spec.name);
      container.spec = { ...container.spec, name };
      byName.set(name, container);
    },
    find: (reference) => {
      const exact = containers.get(reference) ?? byName.get(reference.replace(/^\//, ''));
      if (exact !== undefined) return { kind: 'found', container: exact };
      const starting =
        reference === '' ? [] : [...containers.values()].filter(({ id }) => id.startsWith(reference));
      if (starting.length === 1) return { kind: 'found', container: starting[0]! };
      return { kind: starting.length === 0 ? 'missing' : 'ambiguous' };
    },
    network,
    dropNetwork: (name) => {
      networks.delete(name);
    },
    image,
    imageCount: () => images.size,
    endpoints,
    hex: random.hex,
  };
}
