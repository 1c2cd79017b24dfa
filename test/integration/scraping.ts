import { tap } from 'rxjs';
import type { ObservedValueOf } from 'rxjs';
import { from, pipeline } from '../../src/core/pipeline.ts';
import { runPipeline, type RunResult } from '../../src/core/run.ts';
import { dockerEngine } from '../../src/engine/engine.ts';
import { containerMetrics } from '../../src/metrics/container-metrics.ts';
import { prometheus } from '../../src/sinks/prometheus.ts';
import { counter } from '../../src/sinks/prometheus/counter.ts';
import { dockerContainers } from '../../src/sources/docker-containers.ts';
import { dockerEvents } from '../../src/sources/docker-events.ts';
import { dockerStats } from '../../src/sources/docker-stats.ts';
import { freePort } from '../harness/free-port.ts';

/** Values by name and labels, `name{a="b"}`; labels in the order of their names, none of them empty. */
export interface Scrape {
  readonly series: ReadonlyMap<string, Sample>;
  readonly types: ReadonlyMap<string, string>;
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch, where there is one. */
  readonly timeMs: number | undefined;
}

export async function scrape(url: string): Promise<Scrape> {
  return parsed(await (await fetch(url)).text());
}

export function parsed(text: string): Scrape {
  const series = new Map<string, Sample>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined) types.set(typed, type!);
    const found = /^(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/.exec(line);
    if (found === null) continue;
    const [, name, inside = '', value, time] = found;
    const labels = Object.fromEntries(
      [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
        .map(([, label, text]) => [label!, text!] as const)
        .filter(([, text]) => text !== '')
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
    const key = `${name!}${JSON.stringify(labels)}`;
    if (series.has(key)) throw new Error(`printed twice: ${key}`);
    series.set(key, {
      name: name!,
      labels,
      value: Number(value),
      timeMs: time === undefined ? undefined : Number(time),
    });
  }
  return { series, types };
}

/** pipelines/container-metrics.ts, of one engine and on a port of its own. */
export interface Serving {
  readonly target: string;
  readonly url: string;
  readonly stop: () => Promise<RunResult>;
}

export interface ServingOptions {
  readonly onRecord?: (record: { readonly kind: string }) => void;
  /** `HOST:PORT`; default a free one. */
  readonly target?: string;
}

export async function serveContainers(
  address: string,
  { onRecord = () => undefined, target }: ServingOptions = {},
): Promise<Serving> {
  const listen = target ?? `127.0.0.1:${await freePort()}`;
  const engine = dockerEngine({ address, host: 'here' });
  const stop = new AbortController();
  const told = from(
    dockerContainers({ engine, sizes: { everyMs: 2_000 } }),
    dockerStats({ engine }),
    dockerEvents({ engine }),
  );
  const events = counter({
    name: 'docker_events_total',
    help: 'What happened on the engine.',
    labels: (record: ObservedValueOf<typeof told>) =>
      record.kind === 'docker-event' ? { type: record.type, action: record.action } : undefined,
  });
  const metrics = [...containerMetrics({ names: 'cadvisor' }), events];
  const { done } = runPipeline(
    pipeline(
      'container-metrics',
      told,
      tap<ObservedValueOf<typeof told>>(onRecord),
      prometheus({ metrics, listen }),
    ),
    { stop: stop.signal },
  );
  return {
    target: listen,
    url: `http://${listen}/metrics`,
    stop: () => {
      stop.abort();
      return done;
    },
  };
}
