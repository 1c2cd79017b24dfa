import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observable, Subscriber } from 'rxjs';
import { persistently } from '../../core/persistently.ts';
import { booksOfRuns } from '../../core/running.ts';
import type { SinkSignal } from '../../core/types.ts';
import type { Guard } from '../../feed/guard.ts';
import { openHttp } from '../../http/open-http.ts';
import type { HttpMount } from '../../http/open-http.ts';
import { sayText } from '../../http/routes.ts';
import { openLedger } from '../shared/ledger.ts';
import { readPage } from './files.ts';
import type { PageFile } from './files.ts';
import { createPicture } from './picture.ts';
import { pipelinesOf } from './pipelines.ts';

export interface Settings {
  readonly listen: string;
  /** Without a slash at its end. */
  readonly path: string;
  readonly feed: string;
  readonly happenings: number;
  readonly guard: Guard;
  /** Throws where it may not be served. */
  readonly check: (mount: HttpMount) => void;
}

/** The page takes scripts and styles from where it came from, and asks nobody else. */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

/** Takes records, and serves the page until they end. Returns how to let go before. */
export function serve(
  records: Observable<unknown>,
  settings: Settings,
  out: Subscriber<SinkSignal>,
): () => void {
  const { listen, path, happenings } = settings;
  const say = (signal: SinkSignal): void => out.next(signal);
  const picture = createPicture(happenings);
  const runs = booksOfRuns();
  const ledger = openLedger((count) => say({ type: 'delivered', count }));
  say({ type: 'open', ledger: ledger.view, target: `http://${listen}${path}/` });

  const answers: Answers = {
    state: () => picture.read(new Date().toISOString()),
    pipelines: () => pipelinesOf(runs.values(), Date.now(), performance.now()),
  };
  const show = async (): Promise<HttpMount> => {
    const files = await readPage();
    const mount = await openHttp(listen, (message) => say({ type: 'notice', message }));
    try {
      settings.check(mount);
      mountPage(mount, settings, files, answers);
      say({ type: 'opened', target: `${mount.url}${path}/`, serves: true });
      return mount;
    } catch (error) {
      await mount.release();
      throw error;
    }
  };
  const abandoned = new AbortController();
  const showing = persistently(show, { backoff: undefined, signal: abandoned.signal, tell: say });
  const close = async (): Promise<void> => {
    ledger.flush();
    abandoned.abort();
    const mount = await showing.catch(unlessAborted);
    await mount?.release();
  };
  const fail = (error: unknown): void => out.error(error);
  showing.catch(unlessAborted).catch(fail);
  const input = records.subscribe({
    next(record) {
      // What the page does not show is no error: it is shown elsewhere.
      picture.take(record);
      ledger.note(true);
    },
    error: (error: unknown) => void close().then(() => fail(error), fail),
    complete: () => void close().then(() => out.complete(), fail),
  });
  return () => {
    input.unsubscribe();
    void close().catch(() => undefined);
  };
}

interface Answers {
  readonly state: () => unknown;
  readonly pipelines: () => unknown;
}

function mountPage(
  mount: HttpMount,
  { path, feed, guard }: Settings,
  files: ReadonlyMap<string, PageFile>,
  answers: Answers,
): void {
  mount.mount(path, (_request, response) => {
    response.setHeader('Location', `${path}/`);
    sayText(response, 302, `The page is at ${path}/.`);
  });
  mount.mount(`${path}/*`, ({ url }, response) => {
    const name = url!.split('?', 1)[0]!.slice(path.length + 1) || 'index.html';
    const file = files.get(name);
    if (file === undefined) return sayText(response, 404, `There is nothing here: the page is at ${path}/.`);
    response.setHeader('Content-Type', file.type);
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.end(name === 'index.html' ? file.body.toString().replace('%FEED%', feed) : file.body);
  });
  for (const [name, answer] of Object.entries(answers) as [string, () => unknown][])
    mount.mount(`${path}/api/${name}`, (request, response) => answerJson(guard, request, response, answer));
}

function answerJson(
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
  answer: () => unknown,
): void {
  const admitted = guard.admit(request);
  if (typeof admitted !== 'function') return sayText(response, admitted.status, admitted.text);
  response.once('close', admitted);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(answer()));
}

/** An error, but that of a waiting that was given up. */
function unlessAborted(error: unknown): undefined {
  if ((error as Error).name !== 'AbortError') throw error;
}
