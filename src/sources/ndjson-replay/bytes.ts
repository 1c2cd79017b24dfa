import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { PipelineError } from '../../core/errors.ts';

/** Since Node 22.15. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

const MAGIC_BYTES = 4;
const GZIP = 0x1f8b;
const ZSTD = 0x28b52ffd;
const CHUNK_BYTES = 256 * 1024;

/** The bytes of a file from a place on, decompressed: the place counts decompressed bytes. */
export async function fileBytes(
  path: string,
  from: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const magic = Buffer.alloc(MAGIC_BYTES);
  const file = await open(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw refused(`${path} is no regular file`);
    await file.read(magic, 0, MAGIC_BYTES, 0);
    const decompressor = decompressorOf(magic, path);
    if (decompressor === undefined && stats.size < from)
      throw refused(`${path} ends before byte ${from}, up to which it has been read: it is another file now`);
    const start = decompressor === undefined ? from : 0;
    const raw: AsyncIterable<Buffer> = endedBy(
      signal,
      createReadStream(path, { start, highWaterMark: CHUNK_BYTES }),
    );
    return decompressor === undefined ? raw : behind(from, through(raw, decompressor, signal));
  } finally {
    await file.close();
  }
}

/** The bytes of a stream, decompressed. What is not read of it is lost. */
export async function* streamBytes(
  stream: Readable,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const chunks = (endedBy(signal, stream) as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < MAGIC_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = (async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  const decompressor = decompressorOf(Buffer.concat([head, Buffer.alloc(MAGIC_BYTES)]), name);
  yield* decompressor === undefined ? all : through(all, decompressor, signal);
}

function endedBy<S extends Readable>(signal: AbortSignal, stream: S): S {
  const destroy = (): void => void stream.destroy();
  if (signal.aborted) destroy();
  else signal.addEventListener('abort', destroy, { once: true });
  return stream;
}

/** How bytes that begin so are decompressed; undefined where they are not compressed. */
function decompressorOf(magic: Buffer, name: string): Transform | undefined {
  if (magic.readUInt16BE(0) === GZIP) return zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  if (magic.readUInt32BE(0) !== ZSTD) return undefined;
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw refused(
    `${name} is compressed by zstd, which needs Node 22.15 or newer, this is ${process.version}: use a newer one, or gzip`,
  );
}

function through(
  bytes: AsyncIterable<Buffer>,
  decompressor: Transform,
  signal: AbortSignal,
): AsyncIterable<Buffer> {
  // An error of the one ends the other, whose reader is told.
  pipeline(Readable.from(bytes), decompressor, () => undefined);
  return endedBy(signal, decompressor) as AsyncIterable<Buffer>;
}

/** What is behind the first so many bytes. */
async function* behind(from: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let left = from;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

export const refused = (message: string): PipelineError =>
  new PipelineError('SOURCE_REFUSED', `ndjsonReplay: ${message}`);
