import { defer, map, type OperatorFunction } from 'rxjs';
import { checkOptions, texts, whole } from '../core/check-options.ts';
import { defineOperator } from '../core/define-operator.ts';
import { DEFAULT_LABELS, keptLabels, labelPolicy } from '../records/labels.ts';
import type { ContainerFacts } from '../records/container-facts.ts';
import { containerKey, isContainerEvent, isFacts } from '../records/container-records.ts';
import { recentMap } from './recent-map.ts';

/** Options of {@link enrich}. */
export interface EnrichOptions {
  /** Globs (`*`, `?`) of the labels that are attached. Default: those of Compose, Swarm and Kubernetes that name a place. */
  readonly labels?: readonly string[];
  /** Containers whose facts are remembered; those not seen for longest are forgotten first. Default 10,000. */
  readonly maxContainers?: number;
}

/** The facts that are attached: these and no others, so nothing that may be secret. `time` is when they were told. */
const ATTACHED = ['time', 'container', 'createdAt', 'startedAt', 'restartCount', 'limits', 'cgroup'] as const;

/** What is attached of the facts that are among the records `T`. */
export type Attached<T> =
  Extract<T, { readonly kind: 'container-facts' }> extends infer F
    ? { readonly [K in keyof F as Extract<K, (typeof ATTACHED)[number]>]: F[K] }
    : never;

/** A record with what is known of its container, if anything is. */
export type Enriched<T> = T & { readonly facts?: Attached<T> };

/**
 * Attaches to each record of a container what is known of the container, from the facts that flow among the records.
 *
 * Merge a source of container facts. Emits every record, at once, in order; those of a container, events, readings, log
 * lines and whatever has a `host` and a `container.id`, with `facts`: the last that were told of it, before this
 * record. There are none before the first were told. Facts themselves pass as they are. Records of one container share
 * one `facts` object. Labels are attached by an allow-list, and of all else only what cannot be secret.
 * Bounds: `maxContainers`.
 * Loss: none.
 *
 * @example pipeline('labelled', from(dockerContainers(), dockerStats()), enrich({ labels: ['team'] }), console())
 */
export function enrich<T>(options: EnrichOptions = {}): OperatorFunction<T, Enriched<T>> {
  checkOptions('enrich', options, { labels: texts, maxContainers: whole });
  const { labels = DEFAULT_LABELS, maxContainers = 10_000 } = options;
  const keep = labelPolicy(labels);
  return defineOperator(function enrich(records) {
    return defer(() => {
      const known = recentMap<Attached<T>>(maxContainers);
      return records.pipe(
        map((record): Enriched<T> => {
          const plain = record as Enriched<T>;
          const key = keyOf(record);
          if (key === undefined) return plain;
          const told = isFacts(record);
          const facts = told ? (attached(record, keep) as Attached<T>) : known.get(key);
          if (facts === undefined) return plain;
          known.set(key, facts);
          return told ? plain : { ...plain, facts };
        }),
      );
    });
  });
}

/** Of the container that a record is about. */
function keyOf(record: unknown): string | undefined {
  if (isContainerEvent(record)) return containerKey(record.host, record.id);
  const { host, container } = (record ?? {}) as Partial<ContainerFacts>;
  return typeof host === 'string' && typeof container?.id === 'string'
    ? containerKey(host, container.id)
    : undefined;
}

function attached(facts: ContainerFacts, keep: (label: string) => boolean): Partial<ContainerFacts> {
  const { id, name, image, imageId, labels } = facts.container;
  return {
    ...Object.fromEntries(
      ATTACHED.filter((field) => field in facts).map((field) => [
        field,
        (facts as unknown as Record<string, unknown>)[field],
      ]),
    ),
    container: { id, name, image, imageId, labels: keptLabels(labels, keep) },
  };
}
