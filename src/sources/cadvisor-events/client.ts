import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';
import { PipelineError, messageOf } from '../../core/errors.ts';
import { readBody } from '../../engine/body.ts';
import { lineSplitter } from '../../engine/lines.ts';
import type { LineOptions } from '../../engine/lines.ts';

/** A cAdvisor that may be asked. Every promise rejects with a `PipelineError`. */
export interface Cadvisor {
  /** Its address without scheme and credentials. */
  readonly host: string;
  /** An answer whose headers are there; from then on the signal does not end it. */
  readonly open: (path: string, signal: AbortSignal) => Promise<IncomingMessage>;
  /** A whole answer, parsed. */
  readonly json: (path: string, signal: AbortSignal) => Promise<unknown>;
}

/** By default cAdvisor keeps 100,000 events a type, about 80 MB when there are so many of all. */
const MAX_BODY_BYTES = 96 * 1024 * 1024;
const BODY_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;
/** So long it may take to end an answer that we want no more of. */
const LEAVE_MS = 5_000;

export function cadvisorAt(address: string, headerTimeoutMs: number): Cadvisor {
  const { protocol, username, password, host: server, pathname } = new URL(address);
  const base = pathname.replace(/\/$/, '');
  const host = `${server}${base}`;
  const auth =
    username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const origin = `${protocol}//${server}`;
  const request = protocol === 'https:' ? getSecurely : get;
  /** Before the first answer a refusal is a wrong address; later, something that is just being started. */
  let answeredBefore = false;

  const ask = (path: string, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      // A connection of its own for each: what is left of one is never in the way of the next.
      const options = { agent: false, signal, ...(auth !== undefined && { auth }) } as const;
      const asked = request(`${origin}${base}${path}`, options, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      const late = setTimeout(() => {
        const stuck = `it accepts connections and answers nothing within ${headerTimeoutMs / 1000} s; if that stays so restart it: a client that did not read may have blocked it for good`;
        asked.destroy(new Error(stuck));
      }, headerTimeoutMs);
      asked.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      asked.on('error', (error) => {
        clearTimeout(late);
        reject(error);
      });
    });
  const open: Cadvisor['open'] = async (path, signal) => {
    const answer = await ask(path, signal).catch((cause: unknown) => {
      throw away(host, 'reach', reasonOf(cause), cause);
    });
    const { statusCode: status = 0, headers } = answer;
    const isPage = /^text\/html/i.test(headers['content-type'] ?? '');
    if (status === 200 && !isPage) return answer;
    const body = await readBody(answer, 16_384, BODY_MS).catch(() => '');
    const words = JSON.stringify(body.trim().slice(0, 200));
    const refuses = status < 500 && status !== 408 && status !== 429;
    if (refuses && !answeredBefore)
      throw new PipelineError(
        'SOURCE_REFUSED',
        `what listens at ${host} is no cAdvisor: it answered ${status} ${words} to GET ${path}; check the address`,
      );
    throw away(host, 'read', `it answered ${status}: ${words}`);
  };
  return {
    host,
    async open(path, signal) {
      const opening = new AbortController();
      const abort = (): void => opening.abort();
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      try {
        const answer = await open(path, opening.signal);
        answeredBefore = true;
        return answer;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    async json(path, signal) {
      const answer = await open(path, signal);
      let body: string;
      try {
        body = await readBody(answer, MAX_BODY_BYTES, BODY_MS);
      } catch (cause) {
        throw away(host, 'read', messageOf(cause), cause);
      }
      try {
        return JSON.parse(body) as unknown;
      } catch (cause) {
        const words = JSON.stringify(body.slice(0, 200));
        throw away(host, 'read', `it answered GET ${path} with what is no JSON: ${words}`, cause);
      }
    },
  };
}

export const away = (host: string, what: string, why: string, cause?: unknown): PipelineError =>
  new PipelineError('SOURCE_UNAVAILABLE', `cannot ${what} the cAdvisor at ${host}: ${why}`, { cause });

function reasonOf(cause: unknown): string {
  const { code } = cause as { code?: string };
  if (code === 'ECONNREFUSED') return 'nothing listens there (ECONNREFUSED); start it, or check the address';
  if (code === 'ENOTFOUND') return 'the name does not resolve (ENOTFOUND); check the address';
  return messageOf(cause);
}

/**
 * Reads the lines of an answer as they come, without ever pausing it. `ended` is called once it is over, whoever ended
 * it. Returns how to leave: says so to the other side and reads on, to nobody, until that has closed the connection.
 * cAdvisor sends to its listeners one after another and waits for each, so one that goes with events unread may hold
 * it up for good. The promise resolves when the connection is closed.
 */
export function readStream(
  answer: IncomingMessage,
  options: LineOptions,
  ended: (error: Error | undefined) => void,
): () => Promise<void> {
  const splitter = lineSplitter(options);
  let failure: Error | undefined;
  let isLeft = false;
  const closed = new Promise<void>((resolve) => {
    answer.on('data', (chunk: Buffer) => splitter.write(chunk));
    answer.on('error', (error) => (failure = error));
    answer.on('close', () => {
      resolve();
      if (!isLeft) ended(answer.complete ? undefined : (failure ?? new Error('the connection was closed')));
    });
  });
  return () => {
    isLeft = true;
    splitter.stop();
    answer.socket.end();
    const late = setTimeout(() => answer.destroy(), LEAVE_MS);
    return closed.finally(() => clearTimeout(late));
  };
}
