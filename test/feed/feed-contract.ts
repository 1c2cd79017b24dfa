import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY, lastValueFrom, toArray } from 'rxjs';
import type { QueueOptions } from '../../src/core/bounded-queue.ts';
import type { Sink } from '../../src/core/types.ts';
import type { FeedSinkOptions } from '../../src/feed/feed-sink.ts';
import { journaled } from '../../src/journal/journaled.ts';
import { sinkContract } from '../contracts/sink-contract.ts';

/**
 * The contract of sinks for one that serves a feed. What has arrived is what its journal has: no client sees it before,
 * and one that connects is too late for most of it.
 */
export function feedContract(name: string, make: (options: FeedSinkOptions) => Sink<unknown>): void {
  describe(`${name} with a journal`, () => {
    let folder = '';
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'dockrx-feed-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    sinkContract(name, () => {
      const dirs: string[] = [];
      return {
        // Each subscription has a feed, and so a journal, of its own.
        make: (queue?: QueueOptions) => (records) => {
          const dir = join(folder, String(dirs.length));
          dirs.push(dir);
          return make({ listen: '127.0.0.1:0', journal: { dir, sync: 'never' }, ...(queue && { queue }) })(
            records,
          );
        },
        read: async () => (await Promise.all(dirs.map(readAll))).flat(),
      };
    });
  });
}

/** Reads a copy: the feed may be open. */
function readAll(dir: string): Promise<readonly unknown[]> {
  if (!existsSync(dir)) return Promise.resolve([]);
  const copy = `${dir}-read`;
  rmSync(copy, { recursive: true, force: true });
  cpSync(dir, copy, { recursive: true, filter: (path) => !path.endsWith('lock') });
  return lastValueFrom(journaled(EMPTY, { dir: copy }).pipe(toArray()));
}
