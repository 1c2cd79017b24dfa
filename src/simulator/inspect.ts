import { rfc3339 } from './clock.ts';
import { healthRetries } from './execs.ts';
import { hostConfig } from './host-config.ts';
import type { EngineProfile } from './profile.ts';
import type { Container, Endpoint } from './types.ts';

const dataRoot = '/var/lib/docker';

/** An entry of `Networks`, in list and inspect. */
function endpointSettings(endpoint: Endpoint, { id, spec }: Container, { apiMinor }: EngineProfile): object {
  const own = ['bridge', 'host', 'none'].includes(endpoint.network);
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: endpoint.mac,
    DriverOpts: null,
    ...(apiMinor >= 48 ? { GwPriority: 0 } : {}),
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.gateway,
    IPAddress: endpoint.address,
    IPPrefixLen: endpoint.address === '' ? 0 : 16,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    ...(apiMinor >= 44 ? { DNSNames: own ? null : [spec.name, id.slice(0, 12)] } : {}),
  };
}

export const networksOf = (container: Container, profile: EngineProfile): object =>
  Object.fromEntries(container.endpoints.map((e) => [e.network, endpointSettings(e, container, profile)]));

export const mountsOf = ({ spec }: Container): object[] =>
  spec.volumes.map(({ name, destination }) => ({
    Type: 'volume',
    Name: name,
    Source: `${dataRoot}/volumes/${name}/_data`,
    Destination: destination,
    Driver: 'local',
    Mode: 'z',
    RW: true,
    Propagation: '',
  }));

/** What is told of its layer where it is asked for. */
export const sizesOf = ({ counters }: Container): object => ({
  SizeRw: Math.floor(counters.writeBytes),
  SizeRootFs: 80_000_000 + Math.floor(counters.writeBytes),
});

const healthOf = ({ health, failingStreak, probes }: Container): object => ({
  Status: health,
  FailingStreak: failingStreak,
  Log: probes.map(({ startNano, endNano, exitCode }) => ({
    Start: rfc3339(startNano),
    End: rfc3339(endNano),
    ExitCode: exitCode,
    Output: exitCode === 0 ? '' : 'health check failed\n',
  })),
});

function stateOf(container: Container): object {
  const { state, startedNano, finishedNano, exitCode, oomKilled, pid } = container;
  return {
    Status: state,
    Running: state === 'running' || state === 'paused' || state === 'restarting',
    Paused: state === 'paused',
    Restarting: state === 'restarting',
    OOMKilled: oomKilled,
    Dead: false,
    Pid: pid,
    ExitCode: exitCode,
    Error: '',
    StartedAt: rfc3339(startedNano),
    FinishedAt: rfc3339(finishedNano),
    ...(container.health === 'none' ? {} : { Health: healthOf(container) }),
  };
}

function configOf({ id, spec }: Container): object {
  const healthcheck = {
    Test: ['CMD-SHELL', spec.healthCommand],
    Interval: 30_000_000_000,
    Timeout: 5_000_000_000,
    Retries: healthRetries,
  };
  return {
    Hostname: id.slice(0, 12),
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: spec.tty,
    OpenStdin: false,
    StdinOnce: false,
    Env: null,
    Cmd: spec.command,
    ...(spec.healthCommand === '' ? {} : { Healthcheck: healthcheck }),
    Image: spec.image,
    Volumes: null,
    WorkingDir: '',
    Entrypoint: null,
    OnBuild: null,
    Labels: spec.labels,
  };
}

function networkSettings(container: Container, profile: EngineProfile): object {
  const { endpoints, startedNano, finishedNano, id, pid } = container;
  const bridge = endpoints.find(({ network }) => network === 'bridge');
  const sandboxKept = pid > 0 || (profile.cgroup === 'v1' && startedNano > 0n && finishedNano > 0n);
  return {
    Bridge: '',
    SandboxID: sandboxKept ? id.split('').reverse().join('') : '',
    SandboxKey: sandboxKept ? `/var/run/docker/netns/${id.slice(-12)}` : '',
    Ports: {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.endpointId ?? '',
    Gateway: bridge?.gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: bridge?.address ?? '',
    IPPrefixLen: bridge === undefined || bridge.address === '' ? 0 : 16,
    IPv6Gateway: '',
    MacAddress: bridge?.mac ?? '',
    Networks: networksOf(container, profile),
  };
}

function graphDriver({ id }: Container, { apiMinor }: EngineProfile): object {
  const layer = `${dataRoot}/overlay2/${id.split('').reverse().join('')}`;
  const data = {
    ...(apiMinor >= 48 ? { ID: id } : {}),
    LowerDir: `${layer}-init/diff:${dataRoot}/overlay2/base/diff`,
    MergedDir: `${layer}/merged`,
    UpperDir: `${layer}/diff`,
    WorkDir: `${layer}/work`,
  };
  return { Data: data, Name: 'overlay2' };
}

/** The body of `GET /containers/{id}/json`; `sized` by `?size=true`. */
export function inspectBody(container: Container, profile: EngineProfile, sized = false): object {
  const { id, spec, createdNano, imageId, restartCount, startedNano } = container;
  const folder = `${dataRoot}/containers/${id}`;
  const [path = '', ...args] = spec.command;
  return {
    Id: id,
    Created: rfc3339(createdNano),
    Path: path,
    Args: args,
    State: stateOf(container),
    Image: imageId,
    ResolvConfPath: `${folder}/resolv.conf`,
    HostnamePath: `${folder}/hostname`,
    HostsPath: `${folder}/hosts`,
    LogPath: `${folder}/${id}-json.log`,
    Name: `/${spec.name}`,
    RestartCount: restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: null,
    HostConfig: hostConfig(spec, startedNano > 0n, profile),
    GraphDriver: graphDriver(container, profile),
    ...(sized ? sizesOf(container) : {}),
    Mounts: mountsOf(container),
    Config: configOf(container),
    NetworkSettings: networkSettings(container, profile),
  };
}
