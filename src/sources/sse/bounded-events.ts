/** What an event that was cut off comes as: so its id still counts. */
export const TOO_LARGE = 'dockrx-too-large';

const LF = 10;
const CR = 13;

/**
 * Lets no event of a text/event-stream be larger than so many bytes: what is larger is cut off and comes as an event of
 * the type {@link TOO_LARGE}. It is to be called with chunk after chunk.
 */
export function boundEvents(maxBytes: number): (chunk: Uint8Array) => readonly Uint8Array[] {
  const mark = Buffer.from(`event: ${TOO_LARGE}\n`);
  const lineEnd = Buffer.from('\n');
  /** Of the event under way. */
  let bytes = 0;
  let isCut = false;
  /** Whether the line under way is empty so far. */
  let isLineStart = true;
  let wasCr = false;
  return (chunk) => {
    const kept: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      const isSecondOfTwo = wasCr && byte === LF;
      const cutsLine = !isLineStart;
      wasCr = byte === CR;
      if (byte === LF || byte === CR) {
        if (isSecondOfTwo) continue;
        if (isLineStart) {
          // An empty line ends the event: it belongs to it.
          if (isCut) from = at;
          isCut = false;
          bytes = 0;
        }
        isLineStart = true;
      } else isLineStart = false;
      bytes += 1;
      if (bytes <= maxBytes || isCut) continue;
      kept.push(chunk.subarray(from, at), ...(cutsLine ? [lineEnd] : []), mark);
      isCut = true;
    }
    if (!isCut) kept.push(chunk.subarray(from));
    return kept;
  };
}
