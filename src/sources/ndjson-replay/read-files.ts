import type { Observable, Subscriber } from 'rxjs';
import type { Tell } from '../../core/define-source.ts';
import { messageOf, PipelineError } from '../../core/errors.ts';
import { fileBytes, refused, streamBytes } from './bytes.ts';
import { filesOf, STDIN } from './files.ts';
import { lineCutter } from './lines.ts';
import type { Line } from './lines.ts';

/** Up to where has been read, kept outside of any subscription. */
export interface Place {
  path: string | undefined;
  /** Decompressed bytes. */
  offset: number;
}

export interface Reading<T> {
  readonly paths: readonly string[];
  readonly place: Place;
  readonly maxLineBytes: number;
  readonly parse: (value: unknown) => T;
  readonly tell: Tell;
  /** False while a sink is full. */
  readonly gate: Observable<boolean>;
}

/** Emits the records behind the place, which moves along, file by file. Aborting the signal ends it at once. */
export async function readFiles<T>(
  reading: Reading<T>,
  out: Subscriber<T>,
  signal: AbortSignal,
): Promise<void> {
  const { paths, place, maxLineBytes, tell, gate } = reading;
  let isOpen = true;
  let wake = (): void => undefined;
  const room = gate.subscribe((open) => {
    isOpen = open;
    wake();
  });
  const stop = (): void => wake();
  signal.addEventListener('abort', stop);
  const changes = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  /** Emits the records of lines. */
  const emit = async (lines: readonly Line[]): Promise<void> => {
    for (const { text, end } of lines) {
      while (!isOpen && !signal.aborted) await changes();
      if (signal.aborted) return;
      place.offset = end;
      take(text, reading, out);
    }
  };
  try {
    const files = await filesOf(paths);
    const [first] = files;
    place.path ??= first;
    const at = files.indexOf(place.path ?? '');
    if (at < 0)
      throw refused(`${place.path} is none of ${paths.join(', ')}: remove the checkpoint to begin anew`);
    tell({ type: 'connected', to: paths.join(', '), simulated: false });
    for (const path of files.slice(at)) {
      if (path !== place.path) Object.assign(place, { path, offset: 0 });
      const cutter = lineCutter(place.offset, maxLineBytes);
      const bytes =
        path === STDIN
          ? streamBytes(process.stdin, 'standard input', signal)
          : await fileBytes(path, place.offset, signal);
      for await (const chunk of bytes) await emit(cutter.cut(chunk));
      await emit(cutter.rest());
    }
  } catch (error) {
    throw unreadable(error, place);
  } finally {
    room.unsubscribe();
    signal.removeEventListener('abort', stop);
  }
}

const BOM = '\uFEFF';

/** Emits the record of a line, if it is one. */
function take<T>(line: string | undefined, { parse, tell }: Reading<T>, out: Subscriber<T>): void {
  const rejected = (reason: string): void => tell({ type: 'rejected', reason, count: 1 });
  if (line === undefined) return rejected('too-long');
  let value: unknown;
  try {
    value = JSON.parse(line.startsWith(BOM) ? line.slice(1) : line);
  } catch {
    if (line.trim() !== '') rejected('invalid-json');
    return;
  }
  let record: T;
  try {
    record = parse(value);
  } catch {
    return rejected('not-a-record');
  }
  out.next(record);
}

/** Why files cannot be read: it does not pass by itself, so nobody waits for it. */
function unreadable(error: unknown, place: Place): unknown {
  if (error instanceof PipelineError) return error;
  const { code, path = place.path ?? '' } = Object(error) as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such file' : messageOf(error);
  return new PipelineError('SOURCE_REFUSED', `ndjsonReplay: cannot read ${path}: ${why}`, { cause: error });
}
