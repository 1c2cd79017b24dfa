import { rfc3339 } from './clock.ts';
import { hostMemoryBytes, onlineCpus } from './load.ts';
import type { EngineProfile } from './profile.ts';
import type { World } from './world.ts';

const kernelVersion = '6.12.41-simulated';
const buildTime = '2026-01-01T00:00:00.000000000+00:00';
const gitCommit = '0000000';
const goVersion = 'go1.24.0';

/** The body of `GET /version`. */
export function versionBody({ engineVersion, apiVersion, minApiVersion }: EngineProfile): object {
  const tool = (Name: string, Version: string): object => ({ Name, Version, Details: { GitCommit: '' } });
  const details = {
    ApiVersion: apiVersion,
    Arch: 'amd64',
    BuildTime: buildTime,
    Experimental: 'false',
    GitCommit: gitCommit,
    GoVersion: goVersion,
    KernelVersion: kernelVersion,
    MinAPIVersion: minApiVersion,
    Os: 'linux',
  };
  return {
    Platform: { Name: 'dockrx simulator' },
    Components: [
      { Name: 'Engine', Version: engineVersion, Details: details },
      tool('containerd', '2.1.0'),
      tool('runc', '1.3.0'),
      tool('docker-init', '0.19.0'),
    ],
    Version: engineVersion,
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    GitCommit: gitCommit,
    GoVersion: goVersion,
    Os: 'linux',
    Arch: 'amd64',
    KernelVersion: kernelVersion,
    BuildTime: buildTime,
  };
}

/** What came and went between the engine versions. */
function versionedInfo({ apiMinor }: EngineProfile): object {
  const old = apiMinor < 42;
  const expected = apiMinor < 48 ? { Expected: '' } : {};
  const features = {
    'org.opencontainers.runtime-spec.features': '{"ociVersionMin":"1.0.0","ociVersionMax":"1.2.1"}',
  };
  const runtime = old ? { path: 'runc' } : { path: 'runc', status: features };
  const none = old ? [] : null;
  const nonDistributable = {
    AllowNondistributableArtifactsCIDRs: none,
    AllowNondistributableArtifactsHostnames: none,
  };
  const containerd = {
    Containerd: {
      Address: '/run/containerd/containerd.sock',
      Namespaces: { Containers: 'moby', Plugins: 'plugins.moby' },
    },
  };
  return {
    ...(old ? { KernelMemory: true, KernelMemoryTCP: true } : {}),
    ...(apiMinor < 48 ? { BridgeNfIptables: true, BridgeNfIp6tables: true } : {}),
    RegistryConfig: {
      ...(apiMinor < 48 ? nonDistributable : {}),
      IndexConfigs: { 'docker.io': { Mirrors: [], Name: 'docker.io', Official: true, Secure: true } },
      InsecureRegistryCIDRs: ['127.0.0.0/8'],
      Mirrors: none,
    },
    Runtimes: {
      'io.containerd.runc.v2': runtime,
      ...(old ? { 'io.containerd.runtime.v1.linux': runtime } : {}),
      runc: runtime,
    },
    ContainerdCommit: { ID: '', ...expected },
    RuncCommit: { ID: '', ...expected },
    InitCommit: { ID: '', ...expected },
    ...(apiMinor >= 48 ? { FirewallBackend: { Driver: 'iptables' }, ...containerd } : {}),
    ...(apiMinor >= 44 ? { CDISpecDirs: apiMinor >= 48 ? ['/etc/cdi', '/var/run/cdi'] : [] } : {}),
  };
}

export interface InfoNumbers {
  readonly nano: bigint;
  readonly eventListeners: number;
}

/** The body of `GET /info`. */
export function infoBody(
  world: World,
  profile: EngineProfile,
  { nano, eventListeners }: InfoNumbers,
): object {
  const states = [...world.containers.values()].map(({ state }) => state);
  const count = (...wanted: readonly string[]): number =>
    states.filter((state) => wanted.includes(state)).length;
  const v2 = profile.cgroup === 'v2';
  return {
    ID: `51D0:${world.network('bridge').id.slice(0, 44).toUpperCase().match(/.{4}/g)?.join(':') ?? ''}`,
    Containers: states.length,
    ContainersRunning: count('running', 'restarting'),
    ContainersPaused: count('paused'),
    ContainersStopped: count('exited', 'created'),
    Images: world.imageCount(),
    Driver: 'overlay2',
    DriverStatus: [['Backing Filesystem', 'extfs']],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
      Authorization: null,
      Log: ['json-file', 'local'],
    },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    CPUShares: true,
    CPUSet: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    Debug: false,
    NFd: 30,
    OomKillDisable: !v2,
    NGoroutines: 50,
    SystemTime: rfc3339(nano),
    LoggingDriver: 'json-file',
    CgroupDriver: v2 ? 'systemd' : 'cgroupfs',
    CgroupVersion: v2 ? '2' : '1',
    NEventsListener: eventListeners,
    KernelVersion: kernelVersion,
    OperatingSystem: 'dockrx simulator',
    OSVersion: '',
    OSType: 'linux',
    Architecture: 'x86_64',
    IndexServerAddress: 'https://index.docker.io/v1/',
    NCPU: onlineCpus,
    MemTotal: hostMemoryBytes,
    GenericResources: null,
    DockerRootDir: '/var/lib/docker',
    HttpProxy: '',
    HttpsProxy: '',
    NoProxy: '',
    Name: 'simulated-host',
    Labels: [],
    ExperimentalBuild: false,
    ServerVersion: profile.engineVersion,
    DefaultRuntime: 'runc',
    Swarm: {
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    },
    LiveRestoreEnabled: false,
    Isolation: '',
    InitBinary: 'docker-init',
    SecurityOptions: v2
      ? ['name=seccomp,profile=builtin', 'name=cgroupns']
      : ['name=seccomp,profile=default'],
    Warnings: null,
    ...versionedInfo(profile),
  };
}
