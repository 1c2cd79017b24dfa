import { checkOptions, texts } from '../core/check-options.ts';
import { defineSource } from '../core/define-source.ts';
import type { Source } from '../core/types.ts';
import { dockerEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { ContainerFacts } from '../records/container-facts.ts';
import type { EngineInfo } from '../records/engine-info.ts';
import { labelPolicy, PLACE_LABELS } from '../records/labels.ts';
import { followFacts } from './docker-containers/follow-facts.ts';
import { engineSession } from './shared/engine-session.ts';

/** Options of {@link dockerContainers}. */
export interface DockerContainersOptions {
  /** Default: the engine the docker CLI would use. */
  readonly engine?: Engine;
  /** How often the engine is asked about itself, and whether a change of a container was missed. Default 60 s. */
  readonly everyMs?: number;
  /** Globs of the labels kept in records. Default: compose, swarm and Kubernetes names, compose's folder; `['*']` keeps all. */
  readonly labels?: readonly string[];
  /**
   * How often what each container has written into its layer is measured. Default never: the engine adds up all the
   * layer's files for it.
   */
  readonly sizes?: false | { readonly everyMs: number };
}

/**
 * What the engine's containers are and are allowed, whenever it changes, and the engine itself.
 *
 * Emits {@link EngineInfo} first and every `everyMs`; {@link ContainerFacts} of every container, running or not, on
 * each connect, with each change, and a last one with the state `removed`, also of those removed in an absence. Never
 * completes by itself.
 * Errors: `SOURCE_UNAVAILABLE` when the engine is away, `SOURCE_REFUSED` when it never will answer. Without leave to ask
 * for `/info` it goes on, with the default of cgroup paths.
 * Bounds: 16 requests at once, one for sizes; a record of each container kept.
 * Loss: while the sinks are full the newest record of each container is kept.
 * Truth: Docker Engine API `GET /containers/{id}/json`, `/info`, `/events`.
 *
 * @example dockerContainers({ sizes: { everyMs: 15 * 60_000 } })
 */
export function dockerContainers(options: DockerContainersOptions = {}): Source<ContainerFacts | EngineInfo> {
  checkOptions('dockerContainers', options, {
    engine: 'any',
    everyMs: period,
    labels: texts,
    sizes: (value) =>
      value === false ||
      period((value as { everyMs?: unknown } | null)?.everyMs) === true ||
      'false or { everyMs }',
  });
  const { engine = dockerEngine(), everyMs = 60_000, labels = PLACE_LABELS, sizes = false } = options;
  const left = new Map<string, ContainerFacts>();
  return defineSource({
    name: 'dockerContainers',
    countsReceived: true,
    open: (tell, _gate, counts) =>
      engineSession(engine, tell, (connection, signal) =>
        followFacts(connection, signal, {
          everyMs,
          measureEveryMs: sizes === false ? undefined : sizes.everyMs,
          keepLabel: labelPolicy(labels),
          left,
          tell,
          counts,
        }),
      ),
    conflateBy: (record) =>
      record.kind === 'engine-info' ? record.host : `${record.host}/${record.container.id}`,
  });
}

const period = (value: unknown): true | string =>
  (typeof value === 'number' && value >= 100) || 'at least 100 ms';
