import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request, taken apart. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** without the version prefix, decoded */
  readonly path: string;
  readonly query: URLSearchParams;
  /** minor number of the API version asked for, or the engine's own */
  readonly apiMinor: number;
}

/** A whole JSON body, which ends in a newline as Go's encoder writes it. */
export function sendJson(response: ServerResponse, status: number, body: string): void {
  const bytes = Buffer.from(`${body}\n`);
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length })
    .end(bytes);
}

export const sendError = (response: ServerResponse, status: number, message: string): void =>
  sendJson(response, status, JSON.stringify({ message }));

/** Booleans in a query as the engine reads them. */
export function flag(query: URLSearchParams, name: string, absent: boolean): boolean {
  const value = query.get(name);
  if (value === null) return absent;
  return !['', '0', 'no', 'false', 'none'].includes(value.trim().toLowerCase());
}
