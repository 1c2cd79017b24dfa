import type { ContainerFacts } from '../../records/container-facts.ts';
import type { ContainerStats } from '../../records/container-stats.ts';
import type { EngineInfo } from '../../records/engine-info.ts';
import type { Labels } from '../../records/labels.ts';

/** A container by all that was told of it last. */
export interface ContainerReading {
  readonly facts: ContainerFacts;
  /** The newest reading of the run under way; nothing before the first, and once it has ended. */
  readonly stats: ContainerStats | undefined;
  /** When it was read last, in this run or the one before. */
  readonly lastSeen: string | undefined;
  /** How often the engine told of a kill for want of memory, in all containers of its name. */
  readonly oomEvents: number;
  readonly engine: EngineInfo | undefined;
  /** Of all its series. */
  readonly labels: Labels;
  /** When it was told that it has ended; nothing while it runs. */
  readonly time: string | undefined;
}

export interface EngineReading {
  readonly info: EngineInfo;
  /** Whether a container runs of which no reading has come for minutes, while others were read. */
  readonly lacksReadings: () => boolean;
}

/** One value without labels of its own, several with, or nothing to tell. */
export type Values = number | undefined | readonly (readonly [Labels, number])[];

/** A metric: how it is called and how it is read. */
export interface Row<R> {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly read: (of: R) => Values;
}

/** What the records are called as metrics. */
export interface Vocabulary {
  /** Of one stats answer. Their sum over containers means something, too. */
  readonly stats: readonly Row<ContainerStats>[];
  /** Of a container that runs. */
  readonly containers: readonly Row<ContainerReading>[];
  /** And what is told for a while after its end. */
  readonly lasting: readonly Row<ContainerReading>[];
  readonly engine: readonly Row<EngineReading>[];
  readonly labelsOf: (facts: ContainerFacts, keepLabel: (key: string) => boolean) => Labels;
  /** Of the sum over all containers; without them there is none. */
  readonly sumLabels: Labels | undefined;
}

export const counter = <R>(name: string, help: string, read: (of: R) => Values): Row<R> => ({
  name,
  help,
  type: 'counter',
  read,
});

export const gauge = <R>(name: string, help: string, read: (of: R) => Values): Row<R> => ({
  name,
  help,
  type: 'gauge',
  read,
});
