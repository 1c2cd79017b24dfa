// What users import from 'dockrx'.
export { pipeline, from } from './core/pipeline.ts';
export { runPipeline } from './core/run.ts';
export type { Run, RunOptions, RunResult } from './core/run.ts';
export { withShared } from './core/shared.ts';
export { checkpointFile } from './checkpoints/checkpoint-file.ts';
export { joinCheckpoints } from './core/checkpoints.ts';
export type { CheckpointStore, Membership, Participant } from './core/checkpoints.ts';
export type { WatchOptions } from './core/watch.ts';
export { audit } from './core/audit.ts';
export type { Imbalance } from './core/audit.ts';
export { onFact } from './core/facts.ts';
export type { Fact } from './core/facts.ts';
export { PipelineError, isRetryable } from './core/errors.ts';
export type { PipelineErrorCode } from './core/errors.ts';
export type {
  Json,
  OperatorCounts,
  Pipeline,
  Reasons,
  Sink,
  SinkLedger,
  Sinks,
  SinkSignal,
  Source,
  SourceCounts,
  StageCounters,
} from './core/types.ts';

// To write a source, an operator or a sink of one's own.
export { defineSource } from './core/define-source.ts';
export type { Cursor, SourceTraits, Tell } from './core/define-source.ts';
export { defineOperator } from './core/define-operator.ts';
export type { CountingOperator } from './core/define-operator.ts';
export { queued } from './core/queued.ts';
export type { QueuedSink, Writer } from './core/queued.ts';
export type { QueueOptions } from './core/bounded-queue.ts';
export { openHttp } from './http/open-http.ts';
export type { HttpMount } from './http/open-http.ts';

export { dockerEngine } from './engine/engine.ts';
export type { Engine, EngineOptions } from './engine/engine.ts';

export { cgroupEvents } from './sources/cgroup-events.ts';
export type { CgroupEventsOptions } from './sources/cgroup-events.ts';
export { dockerContainers } from './sources/docker-containers.ts';
export type { DockerContainersOptions } from './sources/docker-containers.ts';
export { dockerEvents } from './sources/docker-events.ts';
export type { DockerEventsOptions } from './sources/docker-events.ts';
export { dockerStats } from './sources/docker-stats.ts';
export type { DockerStatsOptions } from './sources/docker-stats.ts';
export type { ContainerGlobs } from './sources/docker-stats/selection.ts';
export { kernelOom } from './sources/kernel-oom.ts';
export type { KernelOomOptions } from './sources/kernel-oom.ts';
export { cadvisorEvents } from './sources/cadvisor-events.ts';
export type { CadvisorEventsOptions } from './sources/cadvisor-events.ts';

export { ndjsonReplay } from './sources/ndjson-replay.ts';
export type { NdjsonReplayOptions } from './sources/ndjson-replay.ts';
export { sse } from './sources/sse.ts';
export type { SseOptions } from './sources/sse.ts';

export { journaled } from './journal/journaled.ts';
export type { JournaledOptions } from './journal/journaled.ts';

export { correlate } from './operators/correlate.ts';
export type { CorrelateOptions, LinesIn } from './operators/correlate.ts';
export { countBy } from './operators/count-by.ts';
export type { CountByOptions, CountByWindowOptions, Counted, WindowCount } from './operators/count-by.ts';
export { crashLoop } from './operators/crash-loop.ts';
export type { CrashLoopOptions } from './operators/crash-loop.ts';
export { dedupe } from './operators/dedupe.ts';
export type { DedupeOptions } from './operators/dedupe.ts';
export { derive } from './operators/derive.ts';
export type { DeriveOptions } from './operators/derive.ts';
export { enrich } from './operators/enrich.ts';
export type { Attached, Enriched, EnrichOptions } from './operators/enrich.ts';
export { flap } from './operators/flap.ts';
export type { FlapOptions } from './operators/flap.ts';
export { flatten } from './operators/flatten.ts';
export type { FlatRecord, FlattenOptions, FlatValue } from './operators/flatten.ts';
export { flattenEvent } from './operators/flatten-event.ts';
export type { FlatEvent, FlatGap } from './operators/flatten-event.ts';
export { flattenStats } from './operators/flatten-stats.ts';
export type { FlatStats } from './operators/flatten-stats.ts';
export { oomKills } from './operators/oom-kills.ts';
export type { OomKillsOptions } from './operators/oom-kills.ts';
export { limitSeries } from './operators/limit-series.ts';
export type { Limited, LimitSeriesOptions } from './operators/limit-series.ts';
export { rate } from './operators/rate.ts';
export type { Rated, RateOptions } from './operators/rate.ts';
export { redact } from './operators/redact.ts';
export type { RedactOptions } from './operators/redact.ts';
export { sampleBy } from './operators/sample-by.ts';
export type { SampleByOptions } from './operators/sample-by.ts';
export { sessionize } from './operators/sessionize.ts';
export type { SessionizeOptions } from './operators/sessionize.ts';
export { throttleBy } from './operators/throttle-by.ts';
export type { ThrottleByOptions } from './operators/throttle-by.ts';
export { topK } from './operators/top-k.ts';
export type { Combine, Ranked, Top, TopKOptions } from './operators/top-k.ts';
export { unhealthyFor } from './operators/unhealthy-for.ts';
export type { UnhealthyForOptions } from './operators/unhealthy-for.ts';
export { windowBy } from './operators/window-by.ts';
export type { TimeWindow, WindowByOptions, WindowedOptions, WindowSpan } from './operators/window-by.ts';

export { cadvisorExposition } from './sinks/cadvisor-exposition.ts';
export type { CadvisorExpositionOptions } from './sinks/cadvisor-exposition.ts';
export { console } from './sinks/console.ts';
export type { ConsoleOptions } from './sinks/console.ts';
export { ndjsonFile } from './sinks/ndjson-file.ts';
export type { NdjsonFileOptions } from './sinks/ndjson-file.ts';
export { prometheus } from './sinks/prometheus.ts';
export type { PrometheusOptions } from './sinks/prometheus.ts';
export { counter } from './sinks/prometheus/counter.ts';
export type { CounterOptions } from './sinks/prometheus/counter.ts';
export { gauge } from './sinks/prometheus/gauge.ts';
export type { GaugeOptions } from './sinks/prometheus/gauge.ts';
export { histogram } from './sinks/prometheus/histogram.ts';
export type { HistogramOptions } from './sinks/prometheus/histogram.ts';
export { readings } from './sinks/prometheus/readings.ts';
export type { ReadingsOptions } from './sinks/prometheus/readings.ts';
export type { Reading } from './sinks/prometheus/reading.ts';
export type { Ending } from './sinks/prometheus/endings.ts';
export type { Metric } from './sinks/prometheus/metric.ts';

export { top } from './sinks/top.ts';
export type { TopOptions } from './sinks/top.ts';
export { websocketBroadcast } from './sinks/websocket-broadcast.ts';
export type { WebsocketBroadcastOptions } from './sinks/websocket-broadcast.ts';
export { sseBroadcast } from './sinks/sse-broadcast.ts';
export type { SseBroadcastOptions } from './sinks/sse-broadcast.ts';
export { livePage } from './sinks/live-page.ts';
export type { LivePageOptions } from './sinks/live-page.ts';
export type { FeedSinkOptions } from './feed/feed-sink.ts';
export type { FeedJournal } from './feed/history.ts';

export type { CgroupEvent } from './records/cgroup-event.ts';
export { containerMetrics } from './metrics/container-metrics.ts';
export type { ContainerMetricsOptions } from './metrics/container-metrics.ts';

export type { ContainerFacts, ContainerLimits, ContainerStatus } from './records/container-facts.ts';
export type { Derived, DerivedStats } from './records/derived-stats.ts';
export type { ContainerExit, DockerEvent } from './records/docker-event.ts';
export type { EngineInfo } from './records/engine-info.ts';
export type {
  ErrorFrame,
  FeedFilters,
  FeedFrame,
  FeedGapFrame,
  HelloFrame,
  LostFrame,
  RecordFrame,
  SubscribedFrame,
  SubscribeMessage,
} from './records/feed-frames.ts';
export type {
  Happening,
  PagePipeline,
  PagePipelines,
  PageReading,
  PageStage,
  PageState,
} from './records/page-state.ts';
export type { SseEvent } from './records/sse-event.ts';
export type { Gap } from './records/gap.ts';
export type { KernelOom } from './records/kernel-oom.ts';
export type { OomEvidence, OomKill } from './records/oom-kill.ts';
export type { Labels } from './records/labels.ts';
export type { LogLine } from './records/log-line.ts';
export type { CadvisorEvent } from './records/cadvisor-event.ts';
export type { FactsOfContainer, LogLineOfContainer } from './records/container-records.ts';
export type {
  AboutContainer,
  CrashLoop,
  Flap,
  Incident,
  IncidentReading,
  NamedContainer,
  Session,
  Unhealthy,
} from './records/lifecycle.ts';
export type { ContainerInfo, ContainerStats, StatsBody } from './records/container-stats.ts';
export { textOf } from './records/text.ts';
