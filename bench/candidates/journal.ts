import { Observable } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import type { Source } from '../../src/core/types.ts';
import { journaled } from '../../src/journal/journaled.ts';
import type { JournaledOptions } from '../../src/journal/journaled.ts';

const PER_TURN = 1000;

/** An event as the journal keeps it: 430 bytes of JSON. */
export const eventOf = (seq: number): object => ({
  seq,
  ...{ kind: 'event', host: 'bench', type: 'container', action: 'start', scope: 'local' },
  id: '4fa6e0f0c6786287e131c3852c58a2e01cc697a68231826813597e4994f1d6e2',
  ...{ time: '2026-11-22T12:34:56.123456789Z', timeNano: '1795350896123456789' },
  attributes: {
    ...{ image: 'registry.example.com/team/web:1.2.3', name: 'shop-web-1' },
    'com.docker.compose.project': 'shop',
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '1',
  },
});

/** Events as a socket brings them: many in each turn of the event loop, and none while the journal is behind. */
function events(count: number): Source<unknown> {
  let seq = 0;
  return defineSource<unknown>({
    name: 'events',
    open: () =>
      new Observable((out) => {
        let turn: NodeJS.Immediate | undefined;
        const emit = (): void => {
          for (let left = PER_TURN; left > 0 && seq < count && !out.closed; left -= 1) {
            seq += 1;
            out.next(eventOf(seq - 1));
          }
          if (seq === count) out.complete();
          else if (!out.closed) turn = setImmediate(emit);
        };
        turn = setImmediate(emit);
        return () => clearImmediate(turn);
      }),
  });
}

/** Resolves once all have gone through the journal: appended, read back and parsed. */
export function throughJournal(dir: string, count: number, sync: JournaledOptions['sync']): Promise<void> {
  const options = { dir, maxBytes: 8 * 1024 ** 3, whenFull: 'stop-reading', sync: sync ?? 'batch' } as const;
  return new Promise((resolve, reject) => {
    journaled(events(count), options).subscribe({ error: reject, complete: resolve });
  });
}
