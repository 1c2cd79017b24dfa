import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observable, Subscriber } from 'rxjs';
import { booksOfRuns } from '../../core/running.ts';
import type { SinkSignal } from '../../core/types.ts';
import type { Guard } from '../../feed/guard.ts';
import type { HttpMount } from '../../http/open-http.ts';
import { sayText } from '../../http/routes.ts';
import { serving } from '../shared/serving.ts';
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
  const picture = createPicture(happenings);
  const runs = booksOfRuns();
  const answers: Answers = {
    state: () => picture.read(new Date().toISOString()),
    pipelines: () => pipelinesOf(runs.values(), Date.now(), performance.now()),
  };
  return serving(
    records,
    {
      ...{ listen, path: `${path}/` },
      take(record) {
        // What the page does not show is no error: it is shown elsewhere.
        picture.take(record);
        return true;
      },
      async mount(http) {
        settings.check(http);
        mountPage(http, settings, await readPage(), answers);
        return http.release;
      },
    },
    out,
  );
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
