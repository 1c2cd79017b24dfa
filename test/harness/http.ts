import { request } from 'node:http';

/** An engine's answer of 400 or above. */
export interface ApiError extends Error {
  readonly status: number;
}

const REQUEST_TIMEOUT_MS = 120_000;

/**
 * One request over a unix socket. Resolves with the parsed body (the text itself where it is no JSON, undefined
 * where it is empty); rejects with an {@link ApiError} from status 400 on. `body`: bytes as they are, all else as JSON.
 */
export function callApi(socketPath: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const bytes = body instanceof Uint8Array ? body : body === undefined ? undefined : JSON.stringify(body);
  const type = body instanceof Uint8Array ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        method,
        path,
        headers: { Host: 'engine', ...(bytes === undefined ? {} : { 'Content-Type': type }) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status < 400) resolve(parsed(text));
          else
            reject(
              Object.assign(new Error(`${method} ${path} answered ${status}: ${text.trim()}`), { status }),
            );
        });
      },
    );
    call.setTimeout(REQUEST_TIMEOUT_MS, () =>
      call.destroy(new Error(`${method} ${path}: no answer for ${REQUEST_TIMEOUT_MS} ms`)),
    );
    call.on('error', reject);
    call.end(bytes);
  });
}

/** The status of an {@link ApiError}; undefined for anything else. */
export function statusOf(error: unknown): number | undefined {
  return (error as Partial<ApiError>).status;
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
