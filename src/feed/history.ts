import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inTurn } from '../core/in-turn.ts';
import { PipelineError } from '../core/errors.ts';
import type { Json } from '../core/types.ts';
import { diskError } from '../disk/disk-errors.ts';
import type { Phase } from '../disk/disk-errors.ts';
import { makeFolder } from '../disk/folder.ts';
import { takeLock } from '../disk/lock.ts';
import { recognisesAgain } from '../journal/again.ts';
import { openLog, segmentBytes } from '../journal/log.ts';
import type { Log } from '../journal/log.ts';
import { waiting } from '../journal/waiting.ts';
import type { Pack } from '../journal/waiting.ts';
import { logReader } from './log-reader.ts';
import type { LogReader } from './log-reader.ts';

/** Where a feed's events are kept, so that clients go on over restarts. */
export interface FeedJournal {
  /** A folder of its own for each feed. */
  readonly dir: string;
  /** All its files together, at least 64 KiB; the oldest events give way. An event may take a sixteenth of it. Default 256 MiB. */
  readonly maxBytes?: number;
  /** How long events are kept. Default: as long as there is room. */
  readonly keepMs?: number;
  /** When events are forced to the disk: as of `journaled`. Default `batch`: before any client is sent them. */
  readonly sync?: 'batch' | 'never' | { readonly everyMs: number };
}

/** The events of a feed on disk: numbered from 1 on, over all its runs. */
export interface History {
  /** The feed's name, the same in every run. */
  readonly name: string;
  /** The number of the last event. */
  readonly end: number;
  /** Whether this event is there already: since the checkpoint that the run went on from. It is counted off. */
  readonly isAgain: (text: string) => boolean;
  /** It must fit: see {@link checkFits}. */
  readonly add: (text: string) => void;
  /** Writes what was added; called again after an error, it goes on. */
  readonly write: () => Promise<void>;
  readonly readerFrom: (event: number) => LogReader;
  /** What a checkpoint keeps of it. */
  readonly place: () => Json;
  readonly close: () => Promise<void>;
}

const DEFAULT_BYTES = 256 * 1024 * 1024;
const PACK_BYTES = 64 * 1024;
/** Events that may come again are remembered up to so many characters. */
const AGAIN_CHARACTERS = 64 * 1024 * 1024;

const largestEvent = (maxBytes: number): number => Math.floor(segmentBytes(maxBytes) / 2);

/** Throws where an event is too large for a journal: larger than a sixteenth of it. */
export function checkFits(text: string, { maxBytes = DEFAULT_BYTES }: FeedJournal): void {
  const most = largestEvent(maxBytes);
  if (text.length * 3 > most && Buffer.byteLength(text) > most)
    throw new RangeError('too large for the journal');
}

/** `restored`: the place at the checkpoint that the run goes on from. */
export async function openHistory(
  { dir, maxBytes = DEFAULT_BYTES, keepMs = Infinity, sync = 'batch' }: FeedJournal,
  restored: Json | undefined,
  tell: (message: string) => void,
): Promise<History> {
  const onDisk = async <R>(phase: Phase, task: () => Promise<R>): Promise<R> => {
    try {
      return await task();
    } catch (error) {
      throw diskError(error, dir, phase);
    }
  };
  const place = placeIn(restored);
  const unlock = await onDisk('start', () => makeFolder(dir).then(() => lockFolder(dir)));
  try {
    return await onDisk('start', openAll);
  } catch (error) {
    await unlock();
    throw error;
  }

  async function openAll(): Promise<History> {
    const log = await openLog({
      ...{ dir, maxBytes, keepMs, sync, tell, whenFull: 'drop-oldest', tailBytes: 0 },
      ...{ place: () => place?.events, behind: undefined, grown: () => undefined },
    });
    const name = nameIn(log.behind?.text) ?? randomBytes(4).toString('hex');
    const ownText = JSON.stringify({ feed: name });
    const inOrder = inTurn();
    const readerFrom = (event: number): LogReader => logReader(log, event, inOrder);
    try {
      await log.append([], ownText);
      const from = place?.feed === name ? place.from : log.end;
      const texts = await textsBehind(log, from);
      const again = recognisesAgain(texts);
      /** How many of them have come, one after the other. */
      let come = 0;
      const queue = waiting(log.end, Math.min(PACK_BYTES, largestEvent(maxBytes)), Date.now);
      let packs: Pack[] = [];
      return {
        name,
        get end() {
          return log.end;
        },
        isAgain(text) {
          if (!again.has(text)) return false;
          if (texts[come] === text) come += 1;
          return true;
        },
        add: (text) => queue.add(text),
        write: () =>
          onDisk('run', async () => {
            if (packs.length === 0) packs = queue.take();
            await log.append(packs, ownText);
            queue.settle();
          }),
        readerFrom,
        place: () => ({
          feed: name,
          events: log.end,
          from: again.outstanding() > 0 ? from + come : log.end,
        }),
        close: () =>
          onDisk('run', async () => {
            try {
              await log.close();
            } finally {
              await unlock();
            }
          }),
      };
    } catch (error) {
      await log.close();
      throw error;
    }

    /** The events that were written since the checkpoint. */
    async function textsBehind(log: Log, event: number): Promise<readonly string[]> {
      const texts: string[] = [];
      const read = readerFrom(event + 1);
      let characters = 0;
      for (;;) {
        const entries = await read(log.end);
        if (entries.length === 0) return texts;
        for (const { text } of entries) characters += text.length;
        if (characters > AGAIN_CHARACTERS) {
          tell(
            `${dir}: more has been written since the last checkpoint than is remembered: some of it comes twice`,
          );
          return texts;
        }
        texts.push(...entries.map(({ text }) => text));
      }
    }
  }
}

async function lockFolder(dir: string): Promise<() => Promise<unknown>> {
  const lock = await takeLock(join(dir, 'lock'));
  if (typeof lock === 'function') return lock;
  throw new PipelineError(
    'SINK_UNAVAILABLE',
    `the feed's journal ${dir} is in use by process ${lock}: stop that one, or give each feed a dir of its own`,
  );
}

interface Place {
  readonly feed: string;
  /** How many there were. */
  readonly events: number;
  /** Those behind this one may come again: fewer, while what came behind the checkpoint before is still coming again. */
  readonly from: number;
}

/** Nothing where there is none, as of a feed that had no journal then. */
function placeIn(state: Json | undefined): Place | undefined {
  const { feed, events, from } = Object(state ?? {}) as Partial<Place>;
  const isPlace = typeof feed === 'string' && Number.isSafeInteger(events) && Number.isSafeInteger(from);
  return isPlace ? { feed, events: events!, from: from! } : undefined;
}

function nameIn(text: string | undefined): string | undefined {
  const { feed } = (text === undefined ? {} : JSON.parse(text)) as { readonly feed?: unknown };
  return typeof feed === 'string' ? feed : undefined;
}
