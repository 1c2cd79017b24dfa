import { Observable } from 'rxjs';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { defineSource, traitsOf } from '../../src/core/define-source.ts';
import type { Json, Source } from '../../src/core/types.ts';
import type { Gap } from '../../src/records/gap.ts';
import { becomes, stopHearing } from '../sources/hear.ts';

/** What happens in a world, and sources that read it: each from its own place on, kept in its cursor. */
export interface Feed {
  /** All that has happened. */
  readonly world: readonly unknown[];
  readonly push: (...records: readonly unknown[]) => void;
  /** Ends whoever reads, by an error or by itself; who subscribes later is ended at once. */
  readonly end: (error?: unknown) => void;
  /** Ends whoever reads now. */
  readonly breakOff: (error: unknown) => void;
  readonly make: (options?: FeedOptions) => FeedSource;
}

export interface FeedOptions {
  readonly cursor?: boolean;
  readonly conflateBy?: (record: unknown) => string;
  /** Makes its place so many characters longer. */
  readonly padding?: number;
}

export interface FeedSource {
  readonly source: Source<unknown>;
  readonly readers: () => number;
  readonly restored: readonly Json[];
}

export function feed(world: unknown[] = []): Feed {
  const readers = new Set<{ readonly look: () => void; readonly end: (error?: unknown) => void }>();
  let ended: { readonly error?: unknown } | undefined;
  const endAll = (error?: unknown): void => {
    for (const reader of readers) reader.end(error);
  };
  return {
    world,
    push(...records) {
      world.push(...records);
      for (const reader of readers) reader.look();
    },
    end(error) {
      ended = { error };
      endAll(error);
    },
    breakOff: endAll,
    make({ cursor = true, conflateBy, padding = 0 } = {}) {
      const restored: Json[] = [];
      let place = 0;
      let open = 0;
      const source = defineSource<unknown>({
        name: 'feed',
        ...(conflateBy && { conflateBy }),
        ...(cursor && {
          cursor: {
            read: () => (padding > 0 ? { place, padding: ' '.repeat(padding) } : { place }),
            restore: (kept) => {
              if (typeof (kept as { place: unknown }).place !== 'number') throw new Error('no such place');
              restored.push(kept);
              place = (kept as { place: number }).place;
            },
          },
        }),
        open: (tell) =>
          new Observable((out) => {
            open += 1;
            tell({ type: 'connected', to: 'the world', simulated: true });
            const look = (): void => {
              while (place < world.length && !out.closed) {
                place += 1;
                out.next(world[place - 1]);
              }
            };
            const end = (error?: unknown): void => {
              if (error === undefined) out.complete();
              else out.error(error);
            };
            const reader = { look, end };
            readers.add(reader);
            out.add(() => {
              open -= 1;
              readers.delete(reader);
            });
            look();
            if (ended !== undefined) end(ended.error);
          }),
      });
      return { source, readers: () => open, restored };
    },
  };
}

export const numbered = (from: number, to: number, more: object = {}): readonly { readonly seq: number }[] =>
  Array.from({ length: to - from }, (_, i) => ({ seq: from + i, ...more }));

/** A fresh folder for each test, removed after it. */
export function journalFolder(): () => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-journal-'));
  });
  afterEach(async () => {
    stopHearing();
    await becomes(() => !isLocked(folder));
    rmSync(folder, { recursive: true, force: true });
  });
  return () => join(folder, 'journal');
}

/** Whether a journal of this process below the folder is still open. */
export const isLocked = (folder: string): boolean =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => basename(name) === 'lock')
    .some((name) => {
      try {
        return readlinkSync(join(folder, name)).startsWith(`${process.pid}@`);
      } catch {
        // It goes at this moment.
        return true;
      }
    });

/** How large all files of a folder are together; 0 without it. */
export function bytesIn(folder: string): number {
  try {
    return readdirSync(folder)
      .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
      .reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}

/** A feed with a source that reads it. */
export function fed(): Feed & FeedSource {
  const world = feed();
  return { ...world, ...world.make() };
}

/** Lets a journal read on from the record of a number. */
export const readFrom = (journal: Source<unknown>, record: number): void =>
  traitsOf(journal).cursor!.restore({ record });

/** What was read of a world whose records are numbered; throws where it is not the world, but for what gaps tell. */
export function inWorld(
  read: readonly unknown[],
  world: readonly unknown[],
): { records: number; missing: number } {
  let at = 0;
  let missing = 0;
  for (const record of read) {
    if ((record as { kind?: unknown }).kind === 'gap') {
      missing += (record as Gap).atLeast;
      at += (record as Gap).atLeast;
      continue;
    }
    if (!isDeepStrictEqual(record, world[at]))
      throw new Error(`${JSON.stringify(record)} is not record ${at}`);
    at += 1;
  }
  if (at !== world.length) throw new Error(`${at} of ${world.length} records`);
  return { records: at - missing, missing };
}
