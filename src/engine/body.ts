import type { IncomingMessage } from 'node:http';

/** Reads a whole answer as text, up to a limit. Rejects when it is cut, longer, or does not end in time. */
export function readBody(answer: IncomingMessage, maxBytes: number, withinMs = 45_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let failure: Error | undefined;
    const late = setTimeout(() => {
      answer.destroy((failure = new Error(`its answer did not end within ${withinMs / 1000} s`)));
    }, withinMs);
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else answer.destroy((failure = new Error(`its answer is longer than ${maxBytes} bytes`)));
    });
    answer.on('error', (error) => (failure ??= error));
    answer.on('close', () => {
      clearTimeout(late);
      if (answer.complete && failure === undefined) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(failure ?? new Error('the connection was closed in the middle of the answer'));
    });
  });
}
