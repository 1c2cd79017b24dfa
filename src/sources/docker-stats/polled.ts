import { Observable } from 'rxjs';
import { messageOf } from '../../core/errors.ts';
import { readBody } from '../../engine/body.ts';
import type { EngineConnection } from '../../engine/engine.ts';
import type { ContainerInfo } from '../../records/container-stats.ts';
import type { ContainerChange } from './follow-containers.ts';
import { slots } from '../shared/slots.ts';
import type { Reading, ReadingOptions } from './streamed.ts';

/** Requests under way at once; more gains nothing. */
const PARALLEL = 16;
const SLOW_MS = 1_000;

/**
 * Asks each running container for one reading a period, a few at a time. The engine reads the cgroup at once and keeps
 * no stream open (API 1.44 and newer). A container that has not answered yet is not asked again.
 */
export function polledReadings(
  connection: EngineConnection,
  signal: AbortSignal,
  changes: Observable<ContainerChange>,
  { everyMs, maxLineBytes, tell, counts }: ReadingOptions,
): Observable<Reading> {
  return new Observable((out) => {
    const running = new Map<string, ContainerInfo>();
    const asked = new Set<string>();
    const requests = slots(PARALLEL, SLOW_MS);

    const poll = async (id: string): Promise<void> => {
      try {
        if (!running.has(id)) return;
        const answer = await connection.stats(id, { stream: false, 'one-shot': true }, signal);
        const line = await readBody(answer, maxLineBytes);
        if (line === '' || out.closed) return;
        counts.received += 1;
        const container = running.get(id);
        if (container === undefined) counts.filtered += 1;
        else out.next({ container, line });
      } catch (error) {
        // A container that has gone is no failure; of all others the next period asks again.
        if (running.has(id) && !out.closed) tell({ type: 'notice', message: messageOf(error) });
      } finally {
        asked.delete(id);
      }
    };
    const ask = (id: string): void => {
      if (asked.has(id)) return;
      asked.add(id);
      requests.start(() => poll(id));
    };
    const period = setInterval(() => [...running.keys()].forEach(ask), everyMs);
    out.add(() => {
      clearInterval(period);
      requests.clear();
    });
    out.add(
      changes.subscribe({
        next: (change) => {
          if (change.type === 'down') {
            running.delete(change.id);
            return;
          }
          const isNew = !running.has(change.container.id);
          running.set(change.container.id, change.container);
          if (isNew) ask(change.container.id);
        },
        error: (error: unknown) => out.error(error),
      }),
    );
  });
}
