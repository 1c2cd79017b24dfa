import type { ContainerFacts } from './container-facts.ts';
import type { Derived } from './derived-stats.ts';
import type { DockerEvent } from './docker-event.ts';
import type { EngineInfo } from './engine-info.ts';
import type { Gap } from './gap.ts';
import type { OomKill } from './oom-kill.ts';

// What the live page is answered when it asks, beside what comes by the feed.

/** What a timeline is made of. */
export type Happening = DockerEvent | Gap | OomKill;

/** The newest that is known. */
export interface PageState {
  /** When it was asked, by this machine's clock: RFC 3339. */
  readonly time: string;
  readonly engines: readonly EngineInfo[];
  /** Of every container that is there. */
  readonly containers: readonly ContainerFacts[];
  readonly readings: readonly PageReading[];
  /** The last ones, the oldest first, without those of execs. */
  readonly happenings: readonly Happening[];
}

/** The newest reading of a container. */
export interface PageReading {
  readonly host: string;
  readonly id: string;
  readonly time: string;
  readonly derived: Derived;
}

/** The pipelines of the process, and what passed their stages since each began. */
export interface PagePipelines {
  /** By a clock that is never set, in milliseconds: for rates. */
  readonly atMs: number;
  readonly pipelines: readonly PagePipeline[];
}

/** A pipeline of the process, as the page shows it. */
export interface PagePipeline {
  readonly name: string;
  /** running, draining, completed, stopped, failed, overdue. */
  readonly state: string;
  /** In the order of the flow. */
  readonly stages: readonly PageStage[];
}

/** What passed one stage, in records since the pipeline began. */
export interface PageStage {
  readonly kind: 'source' | 'operator' | 'sink';
  readonly name: string;
  readonly received: number;
  readonly delivered: number;
  /** Records in its queue, or held by it. */
  readonly inFlight: number;
  readonly dropped: number;
  readonly rejected: number;
  readonly retries: number;
  readonly targets: readonly string[];
  /** Of a source: whether it is connected; absent where it cannot tell. */
  readonly connected?: boolean;
  /** Of a source: how old its newest record is, by the record's own time. */
  readonly newestSeconds?: number;
  /** Of a source: places in its stream where records are missing. */
  readonly gaps?: number;
  /** Of a sink: it has had records for long, and delivers none. */
  readonly stalled?: boolean;
  /** Of a sink: how long the oldest record that it holds has been there; 0 where it holds none. */
  readonly lagSeconds?: number;
}
