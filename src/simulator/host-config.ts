import type { EngineProfile } from './profile.ts';
import type { ContainerSpec } from './types.ts';

const older = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
];
const maskedPaths = [...older, '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware'];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

const kernelMemory = { KernelMemory: 0, KernelMemoryTCP: 0 };

/** `HostConfig` of inspect: what was asked for, and the engine's defaults. */
export function hostConfig(
  spec: ContainerSpec,
  started: boolean,
  { cgroup, apiMinor }: EngineProfile,
): object {
  const { networks, volumes, memoryLimitBytes, cpus, pidsLimit, restartPolicy, autoRemove } = spec;
  const oomKillDisable = cgroup === 'v2' && started ? null : false;
  return {
    Binds: volumes.length === 0 ? null : volumes.map(({ name, destination }) => `${name}:${destination}`),
    ContainerIDFile: '',
    LogConfig: { Type: 'json-file', Config: {} },
    NetworkMode: networks[0] ?? 'none',
    PortBindings: null,
    RestartPolicy: { Name: restartPolicy.name, MaximumRetryCount: restartPolicy.maximumRetryCount },
    AutoRemove: autoRemove,
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: cgroup === 'v2' ? 'private' : 'host',
    Dns: null,
    DnsOptions: null,
    DnsSearch: null,
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: 'private',
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: '',
    UsernsMode: '',
    ShmSize: 67_108_864,
    Runtime: 'runc',
    Isolation: '',
    CpuShares: 0,
    Memory: memoryLimitBytes,
    NanoCpus: Math.round(cpus * 1e9),
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: null,
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: null,
    DeviceCgroupRules: null,
    DeviceRequests: null,
    ...(apiMinor < 42 ? kernelMemory : {}),
    MemoryReservation: 0,
    MemorySwap: memoryLimitBytes * 2,
    MemorySwappiness: null,
    OomKillDisable: oomKillDisable,
    PidsLimit: pidsLimit > 0 ? pidsLimit : null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    MaskedPaths: maskedPaths,
    ReadonlyPaths: readonlyPaths,
  };
}
