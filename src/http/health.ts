import type { ServerResponse } from 'node:http';
import type { Books } from '../core/books.ts';
import { hindrances } from '../core/readiness.ts';

/** The process is alive: what has become of each of its pipelines. */
export function answerHealth(response: ServerResponse, runs: Iterable<Books>): void {
  sayJson(response, 200, {
    pipelines: Object.fromEntries([...runs].map(({ pipeline, state }) => [pipeline, state])),
  });
}

/** Whether every pipeline does its work, and else why not: of use where something waits for it, or sends it work. */
export function answerReadiness(response: ServerResponse, runs: Iterable<Books>): void {
  const reasons = [...runs].flatMap((books) => hindrances(books).map((why) => `${books.pipeline}: ${why}`));
  sayJson(response, reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
}

function sayJson(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify(value)}\n`);
}
