import { readFileSync } from 'node:fs';
import { containerIdOf } from '../../../src/records/container-id.ts';
import type { ContainerExit, DockerEvent } from '../../../src/records/docker-event.ts';
import type { KernelOom } from '../../../src/records/kernel-oom.ts';
import { parseKernelRecord } from '../../../src/records/kernel-record.ts';
import { dockerEventParser } from '../../../src/records/parse-docker-event.ts';
import { kernelOomReader } from '../../../src/records/parse-kernel-oom.ts';
import type { CadvisorOom, CgroupOom } from '../../../src/operators/oom-kills/evidence.ts';
import { capturedLines } from '../../captures.ts';

/** A container whose processes were killed, what is true of it, and what was recorded. */
export interface RecordedCase {
  readonly name: string;
  readonly engine: string;
  readonly id: string;
  readonly kills: number;
  readonly oomKilled: boolean;
  readonly exitCode: number;
  readonly readings: readonly { readonly time: string; readonly oomKill: number }[];
}

const kept = JSON.parse(readFileSync(new URL('../../fixtures/oom/cases.json', import.meta.url), 'utf8')) as {
  readonly bootMs: Readonly<Record<string, number>>;
  readonly cases: readonly RecordedCase[];
};

export const recordedCases = kept.cases;

const parse = dockerEventParser({ host: 'docker', simulated: false, labels: [], execCommands: 'redact' });

/** Docker's events of a capture; `exitOf` is what the engine said of an end when it was asked. */
export const dockerRecords = (
  file: string,
  exitOf: (id: string) => ContainerExit | undefined = () => undefined,
): readonly DockerEvent[] =>
  capturedLines(`oom/${file}`).map((line) => {
    const event = parse(line);
    const exit = event.type === 'container' && event.action === 'die' ? exitOf(event.id) : undefined;
    return exit === undefined ? event : { ...event, exit };
  });

/** A container that was restarted was asked at its third end only, by which the kills were forgotten. */
export const dockerOf = ({ name, engine, oomKilled, exitCode }: RecordedCase): readonly DockerEvent[] =>
  dockerRecords(`events-oom-${name}.${engine}.ndjson`, () =>
    name === 'restart-policy' ? undefined : { code: exitCode, oomKilled, verified: true },
  );

export function kernelOf({ name, engine }: Pick<RecordedCase, 'name' | 'engine'>): readonly KernelOom[] {
  const read = kernelOomReader();
  return capturedLines(`oom/kmsg-oom-${name}.${engine}.txt`).flatMap((line) => {
    if (line.startsWith(' ')) return [];
    const record = parseKernelRecord(line);
    const kill = read(record);
    const time = new Date(kept.bootMs[engine]! + record.usec / 1000).toISOString();
    return kill === undefined ? [] : { kind: 'kernel-oom' as const, host: 'kernel', time, ...kill };
  });
}

/** What grew from one reading of memory.events to the next. */
export const cgroupOf = ({ id, engine, readings }: RecordedCase): readonly CgroupOom[] =>
  readings.map(({ time, oomKill }, i) => ({
    kind: 'cgroup-event',
    action: 'oom',
    host: 'cgroup',
    time,
    cgroup: engine.startsWith('podman')
      ? `/machine.slice/libpod-${id}.scope`
      : `/system.slice/docker-${id}.scope`,
    containerId: id,
    version: 2,
    oomKills: oomKill - (readings[i - 1]?.oomKill ?? 0),
  }));

interface RawCadvisorEvent {
  readonly container_name: string;
  readonly timestamp: string;
  readonly event_type: string;
  readonly event_data: {
    readonly oom?: { readonly pid: number; readonly process_name: string; readonly constraint: string };
  };
}

export const cadvisorRecords = (file: string): readonly CadvisorOom[] =>
  capturedLines(`oom/${file}`).map((line) => {
    const { container_name, timestamp, event_type, event_data } = JSON.parse(line) as RawCadvisorEvent;
    const { pid, process_name, constraint } = event_data.oom ?? {};
    const containerId = containerIdOf(container_name);
    return {
      kind: 'cadvisor-event',
      host: 'cadvisor',
      type: event_type,
      time: timestamp,
      receivedAt: timestamp,
      cgroup: container_name,
      ...(containerId !== undefined && { containerId }),
      ...(pid !== undefined && { pid }),
      ...(process_name !== undefined && { process: process_name }),
      ...(constraint !== undefined && { constraint }),
    };
  });
