import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, PipelineError } from '../../core/errors.ts';
import { lineSplitter, type LineOptions } from '../../engine/lines.ts';

export interface LogListener extends LineOptions {
  /** Called whenever all there is has been read. */
  readonly atEnd: () => void;
  /** Called once, when it cannot go on. */
  readonly failed: (error: PipelineError) => void;
}

/** How often to look for more. An OOM report has some 130 records; the kernel keeps thousands. */
const LOOK_MS = 100;
/** A record of /dev/kmsg has 8 KiB at most, and each read gives one. */
const READ_BYTES = 16 * 1024;
/** So many reads, some milliseconds, then other work has its turn. */
const READS_A_TURN = 256;

/**
 * Reads a log from its beginning, and on. Throws a PipelineError when it cannot be opened. Returns how to stop.
 *
 * Node cannot wait for a character device: a read that blocks would keep a thread of its pool for ever. So the file is
 * opened to be read without blocking, and looked at ten times a second.
 */
export function followLog(path: string, { atEnd, failed, ...lines }: LogListener): () => void {
  const file = openLog(path);
  const splitter = lineSplitter(lines);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let next: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let isOpen = true;

  const stop = (): void => {
    if (!isOpen) return;
    isOpen = false;
    splitter.stop();
    clearTimeout(next as NodeJS.Timeout);
    clearImmediate(next as NodeJS.Immediate);
    closeSync(file);
  };
  const look = (): void => {
    try {
      for (let reads = 0; isOpen && reads < READS_A_TURN; reads += 1) {
        const count = readSome(file, buffer);
        // A copy: the splitter may keep a part of it.
        if (count > 0) splitter.write(Buffer.from(buffer.subarray(0, count)));
        if (count !== 0) continue;
        if (fstatSync(file).nlink === 0) throw new Error('it was removed');
        atEnd();
        next = setTimeout(look, LOOK_MS);
        return;
      }
      if (isOpen) next = setImmediate(look);
    } catch (cause) {
      stop();
      failed(unavailable(path, cause));
    }
  };
  next = setImmediate(look);
  return stop;
}

/** How many bytes came: 0 where there are no more now, -1 where the kernel has overwritten what was next. */
function readSome(file: number, buffer: Buffer): number {
  try {
    return readSync(file, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return 0;
    if (code === 'EPIPE') return -1;
    throw error;
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EPERM' || code === 'EACCES')
      throw new PipelineError(
        'SOURCE_REFUSED',
        `kernelOom: may not read ${path} (${code}): run as root or with CAP_SYSLOG, a container with --device ${path} --cap-add SYSLOG; or do without, by optional: true`,
        { cause },
      );
    if (code === 'ENOENT')
      throw new PipelineError(
        'SOURCE_UNAVAILABLE',
        `kernelOom: there is no ${path}: a container needs --device ${path} --cap-add SYSLOG; or do without, by optional: true`,
        { cause },
      );
    throw unavailable(path, cause);
  }
}

const unavailable = (path: string, cause: unknown): PipelineError =>
  new PipelineError('SOURCE_UNAVAILABLE', `kernelOom: cannot read ${path}: ${messageOf(cause)}`, { cause });
