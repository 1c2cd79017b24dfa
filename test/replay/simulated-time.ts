import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { parseStatsBody } from '../../src/records/stats-body.ts';
import type { ContainerStats } from '../../src/records/container-stats.ts';
import type { Recorded } from '../../src/replay/read-recording.ts';
import { createAgenda } from '../../src/simulator/agenda.ts';
import type { Clock } from '../../src/simulator/clock.ts';
import { createCollector } from '../../src/simulator/collector.ts';
import { fleetSpecs } from '../../src/simulator/fleet.ts';
import { createHub } from '../../src/simulator/hub.ts';
import { createLifecycle } from '../../src/simulator/lifecycle.ts';
import { createLogs } from '../../src/simulator/logs.ts';
import { engineProfile } from '../../src/simulator/profile.ts';
import { statsLine } from '../../src/simulator/stats-line.ts';
import type { Reading } from '../../src/simulator/stats-line.ts';
import type { Container } from '../../src/simulator/types.ts';
import { createWorld } from '../../src/simulator/world.ts';

/** The numbers of the two sources. */
const EVENTS = 0;
const STATS = 1;
const HOST = 'simulated';
/** The engine reads one container after the other. */
const APART_MS = 2;
const NEVER = { name: 'no', maximumRetryCount: 0 } as const;

export interface SimulatedTime {
  readonly startMs: number;
  readonly seconds: number;
  readonly containers: number;
}

/**
 * What `dockerEvents` and `dockerStats` would have emitted of a simulated engine, without waiting for it: a reading of each
 * container a second, and of one in ten seconds its death and its start.
 */
export function* simulatedTime({ startMs, seconds, containers }: SimulatedTime): Generator<Recorded> {
  let nowMs = startMs;
  let last = 0n;
  const now = (): bigint => BigInt(nowMs) * 1_000_000n;
  const clock: Clock = {
    now,
    next: (count = 1) => {
      const first = now() > last ? now() : last + 1n;
      last = first + BigInt(count - 1);
      return first;
    },
    bootNano: () => BigInt(startMs - 86_400_000) * 1_000_000n,
    step: () => undefined,
  };
  const profile = engineProfile('1.51', 'v2');
  const world = createWorld(1, clock);
  const hub = createHub(clock, true);
  const collector = createCollector(profile, clock, 1000);
  const agenda = createAgenda();
  const lifecycle = createLifecycle({
    world,
    hub,
    clock,
    collector,
    logs: createLogs(clock),
    agenda,
    profile,
  });
  for (const spec of fleetSpecs(containers, 1))
    lifecycle.start(lifecycle.create({ ...spec, restartPolicy: NEVER }));
  const parse = dockerEventParser({ host: HOST, simulated: true, labels: [], execCommands: 'redact' });
  let lines: string[] = [];
  hub.onLine((line) => lines.push(line));
  const fleet = [...world.containers.values()];
  const before = new Map<Container, Reading>();

  function* told(): Generator<Recorded> {
    for (const line of lines) yield { source: EVENTS, atMs: nowMs, record: parse(line) };
    lines = [];
  }
  const read = (container: Container): ContainerStats => {
    const reading = collector.read(container);
    const line = statsLine(reading, { previous: before.get(container), named: true }, profile);
    before.set(container, reading);
    const stats = parseStatsBody(JSON.parse(line));
    const { id, spec } = container;
    return {
      ...{ kind: 'container-stats', host: HOST, simulated: true, engine: 'docker', time: stats.read },
      container: { id, name: spec.name, image: spec.image, imageId: world.image(spec.image), labels: {} },
      stats,
    };
  };
  for (let second = 0; second < seconds; second += 1) {
    for (const [i, container] of fleet.entries()) {
      nowMs = startMs + second * 1000 + i * APART_MS;
      yield { source: STATS, atMs: nowMs, record: read(container) };
    }
    nowMs = startMs + second * 1000 + 900;
    const container = fleet[second % fleet.length]!;
    if (second % 10 === 0) lifecycle.die(container, second % 20 === 0 ? 137 : 0);
    yield* told();
    nowMs += 50;
    if (second % 10 === 0) lifecycle.start(container);
    yield* told();
  }
  agenda.close();
}
