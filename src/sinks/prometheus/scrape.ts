import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { acceptsGzip, formatFor } from './negotiation.ts';
import type { Family } from './family.ts';
import { render } from './render.ts';

/** Answered at once; further ones are asked to come again. */
const MAX_SCRAPES = 8;
/** Its output in pieces of this size; the fastest level, which halves the time and costs a third more bytes. */
const GZIP = { level: 1, chunkSize: 64 * 1024 };

/**
 * Answers scrapes, in the format the client prefers, compressed where it admits that. A text is never there as a whole:
 * what the client has not taken is not made.
 */
export function answerScrapes(
  familiesNow: () => Promise<readonly Family[]>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  let underWay = 0;
  return async ({ method, headers }, response) => {
    if (underWay >= MAX_SCRAPES) {
      response.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(`${MAX_SCRAPES} scrapes are under way: ask again.\n`);
      return;
    }
    const format = formatFor(headers.accept);
    const zipped = acceptsGzip(headers['accept-encoding']);
    response.setHeader('Content-Type', format.contentType);
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    if (zipped) response.setHeader('Content-Encoding', 'gzip');
    if (method === 'HEAD') {
      response.end();
      return;
    }
    underWay += 1;
    try {
      const text = Readable.from(render(await familiesNow(), format), { objectMode: false });
      await (zipped ? pipeline(text, createGzip(GZIP), response) : pipeline(text, response));
    } catch (error) {
      if (!hasLeft(error)) throw error;
    } finally {
      underWay -= 1;
    }
  };
}

/** A client that goes away ends its scrape, and is nobody's error. */
const hasLeft = (error: unknown): boolean =>
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes(
    String((error as NodeJS.ErrnoException).code),
  );
