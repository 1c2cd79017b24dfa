// To test pipelines: 'dockrx/testing'.
export { expectPipeline } from './expect-pipeline.ts';
export type { Emission, Expectation } from './expect-pipeline.ts';
export { matching } from './differences.ts';
export type { Matching } from './differences.ts';
export { recording } from './recording.ts';
export type { Recording } from './recording.ts';
export type { Values } from './time-line.ts';

export { containerFacts, containerStats, dockerEvent, logLine } from './records.ts';
export type {
  ContainerFactsFields,
  ContainerStatsFields,
  DockerEventFields,
  LogLineFields,
  OfContainer,
} from './records.ts';

export { collect } from './collect.ts';
export type { Collected } from './collect.ts';
export { startFakeEngine } from './fake-engine.ts';
export type { FakeEngine, FakeEngineOptions } from './fake-engine.ts';
export type {
  ContainerSpec,
  EngineEvent,
  Faults,
  LoadProfile,
  RestartPolicy,
  ScenarioName,
  Shutdown,
  VolumeMount,
} from '../simulator/index.ts';
