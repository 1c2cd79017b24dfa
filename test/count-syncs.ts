import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

type Sync = 'sync' | 'datasync';

/** Counts the calls that go through to the system meanwhile. */
export function countSyncs(): () => number {
  let count = 0;
  let prototype: Pick<FileHandle, Sync>;
  let own: Pick<FileHandle, Sync>;
  before(async () => {
    const handle = await open(import.meta.filename);
    prototype = Object.getPrototypeOf(handle) as Pick<FileHandle, Sync>;
    await handle.close();
    own = { sync: prototype.sync, datasync: prototype.datasync };
    for (const name of ['sync', 'datasync'] as const)
      prototype[name] = function (this: FileHandle) {
        count += 1;
        return own[name].call(this);
      };
  });
  beforeEach(() => {
    count = 0;
  });
  after(() => Object.assign(prototype, own));
  return () => count;
}
