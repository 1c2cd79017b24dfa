import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observable, Subscriber } from 'rxjs';
import { joinCheckpoints } from '../../core/checkpoints.ts';
import { onFact } from '../../core/facts.ts';
import type { Json, SinkSignal } from '../../core/types.ts';
import { sayText } from '../../http/routes.ts';
import { serving } from '../shared/serving.ts';
import { countedIn, LOCAL } from './counted.ts';
import { eventCounts } from './event-counts.ts';
import type { EventCounts, Limits } from './event-counts.ts';
import { askedHost } from './targets.ts';
import type { Target } from './targets.ts';
import { troubleWith } from './trouble.ts';

export interface Settings {
  readonly targets: ReadonlyMap<string, Target>;
  readonly listen: string;
  readonly limits: Limits;
}

/** Counts records, and serves what has been counted until they end. Returns how to let go before. */
export function serve(
  records: Observable<unknown>,
  { targets, listen, limits }: Settings,
  out: Subscriber<SinkSignal>,
): () => void {
  const counts = countsOf([LOCAL, ...[...targets.values()].map(({ host }) => host)], limits);
  const restored = joinCheckpoints('cadvisorExposition', { snapshot: () => readAll(counts) })?.restored;
  if (restored !== undefined) restoreAll(counts, restored);
  const connected = new Set<string>();
  const deafen = onFact((fact) => {
    if (fact.type === 'connected' && counts.has(fact.to)) connected.add(fact.to);
  });
  const leave = serving(
    records,
    {
      ...{ listen, path: '' },
      take(record) {
        const { of, counted } = countedIn(record);
        for (const event of counted) counts.get(of)?.add(event);
        return true;
      },
      mount(http) {
        http.mount('/metrics', (_request, response) => sayCounts(response, counts.get(LOCAL)!));
        http.mount('/proxy*', proxyHandler(targets, counts, connected));
        return http.release;
      },
    },
    out,
  );
  return () => {
    deafen();
    leave();
  };
}

type Counts = ReadonlyMap<string, EventCounts>;

const countsOf = (hosts: readonly string[], limits: Limits): Counts =>
  new Map(hosts.map((host) => [host, eventCounts(limits)]));

const readAll = (counts: Counts): Json =>
  Object.fromEntries([...counts].map(([host, { read }]) => [host, read()]));

function restoreAll(counts: Counts, state: Json): void {
  for (const [host, kept] of Object.entries(state as Readonly<Record<string, Json>>))
    counts.get(host)?.restore(kept);
}

/** Answers with what has been counted of the cAdvisor that is asked for, if it can be read at this moment. */
function proxyHandler(
  targets: ReadonlyMap<string, Target>,
  counts: Counts,
  connected: ReadonlySet<string>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const [first] = targets.keys();
  const asking = new Map<Target, Promise<string | undefined>>();
  /** However many ask at once: each target is asked once. */
  const trouble = (target: Target): Promise<string | undefined> => {
    const known = asking.get(target) ?? troubleWith(target).finally(() => asking.delete(target));
    asking.set(target, known);
    return known;
  };
  return async ({ url = '' }, response) => {
    const asked = askedHost(url);
    if (asked === undefined) {
      sayText(response, 400, 'Ask for /proxy/HOST:PORT, /proxy/http://HOST:PORT or /proxy?url=HOST:PORT.');
      return;
    }
    const target = targets.get(asked === '' ? (first ?? '') : asked);
    if (target === undefined) {
      sayText(response, 403, asked === '' ? 'There are no targets.' : `${asked} is no target.`);
      return;
    }
    const { host } = target;
    const why = await trouble(target);
    if (why !== undefined) sayText(response, 502, `Cannot read the cAdvisor at ${host}: ${why}.`);
    else if (!connected.has(host))
      sayText(response, 502, `The events of the cAdvisor at ${host} have not been read yet.`);
    else sayCounts(response, counts.get(host)!);
  };
}

function sayCounts(response: ServerResponse, { text }: EventCounts): void {
  response.setHeader('Content-Type', 'text/plain; version=0.0.4');
  response.end(text());
}
