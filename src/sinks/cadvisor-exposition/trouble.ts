import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { messageOf } from '../../core/errors.ts';
import { isObject } from '../../records/check.ts';
import type { Target } from './targets.ts';

/** One event is enough to see that it answers as a cAdvisor does. */
const PATH = 'api/v1.3/events/?all_events=true&subcontainers=true&max_events=1';
/** Within a scrape, which mostly may take ten seconds. */
const ANSWER_MS = 5_000;
const MAX_BYTES = 1024 * 1024;

/** Why a cAdvisor cannot be read at this moment, as the end of a sentence; nothing where it can. */
export async function troubleWith(
  { url }: Target,
  answerMs: number = ANSWER_MS,
): Promise<string | undefined> {
  try {
    const { status, body } = await ask(url, answerMs);
    if (status !== 200) return `it answered ${status}: ${words(body)}`;
    const fault = faultOf(body);
    return fault === undefined ? undefined : `${fault}: ${words(body)}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ABORT_ERR' ? `it did not answer within ${answerMs / 1000} s` : messageOf(error);
  }
}

/** What is wrong with a list of events; nothing where it is one. An empty one may be `null`, as Go has it. */
export function faultOf(body: string): string | undefined {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    return 'it answered with what is no JSON';
  }
  if (list !== null && !Array.isArray(list)) return 'it answered with what is no list of events';
  const wrong = ((list ?? []) as readonly unknown[]).find((event) => !isEvent(event));
  return wrong === undefined ? undefined : 'it answered with an event that is none';
}

/** Fields may be missing, but a time that is there has to be one. */
function isEvent(event: unknown): boolean {
  if (!isObject(event)) return false;
  const { timestamp = '0001-01-01T00:00:00Z' } = event;
  return typeof timestamp === 'string' && RFC_3339.test(timestamp);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(url: URL, answerMs: number): Promise<Answer> {
  const { protocol, username, password } = url;
  const base = new URL(url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`, url.origin);
  const auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const request = protocol === 'https:' ? getSecurely : get;
  return new Promise((resolve, reject) => {
    const options = {
      agent: false,
      signal: AbortSignal.timeout(answerMs),
      ...(username !== '' && { auth }),
    };
    const asked = request(new URL(PATH, base), options, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) asked.destroy(new Error(`it answered with more than ${MAX_BYTES} bytes`));
      });
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asked.on('error', reject);
  });
}

const words = (body: string): string => JSON.stringify(body.trim().slice(0, 200));
