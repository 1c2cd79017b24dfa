import { PipelineError } from '../core/errors.ts';

/** What to do about the errors that have a cure, by the code Node or TLS gives. */
const CURES: Readonly<Record<string, string>> = {
  ENOENT: 'is the engine running? Start it, or set DOCKER_HOST',
  ECONNREFUSED: 'nothing listens there; start the engine, or set DOCKER_HOST',
  EACCES: 'add this user to the docker group, run as one that may, or set DOCKER_HOST',
  EPERM: 'run as a user that may, or set DOCKER_HOST',
  ENOTFOUND: 'the name does not resolve; check the address',
  EAI_AGAIN: 'the name does not resolve at the moment; check the network and the address',
  ETIMEDOUT: 'no answer; check the network and the address',
  EHOSTUNREACH: 'no route; check the network and the address',
};

const NO_PERMISSION = new Set(['EACCES', 'EPERM']);

/**
 * A failed request as an error that says what, which and what to do. Refusals end a pipeline, absences do not.
 * `what` goes up to the engine: `list the containers of the engine`.
 */
export function requestFailure(
  address: string,
  what: string,
  cause: unknown,
  answeredBefore: boolean,
): PipelineError {
  if (cause instanceof PipelineError) return cause;
  const { code = '', message: words = String(cause) } = cause as { code?: string; message?: string };
  // OpenSSL's own words stand between its places in the source.
  const message = /SSL routines:[^:]*:([^:]+)/.exec(words)?.[1] ?? words;
  const tls = tlsCure(code, message);
  // Before the first answer these are a wrong set-up; later, an engine that is just being started.
  const refused = !answeredBefore && (tls !== undefined || NO_PERMISSION.has(code));
  const why = code === '' || message.includes(code) ? message : `${code}: ${message}`;
  const cure = tls ?? CURES[code];
  return new PipelineError(
    refused ? 'SOURCE_REFUSED' : 'SOURCE_UNAVAILABLE',
    `cannot ${what} at ${address} (${code && CURES[code] ? code : why})${cure ? `: ${cure}` : ''}`,
    { cause },
  );
}

function tlsCure(code: string, message: string): string | undefined {
  if (/^(ERR_SSL|EPROTO|ERR_OSSL)/.test(code)) {
    if (/wrong version number|packet length|http request/i.test(message))
      return 'it does not speak TLS there; unset DOCKER_TLS_VERIFY or check the port';
    return 'TLS failed; check cert.pem and key.pem in DOCKER_CERT_PATH';
  }
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|HOSTNAME|INVALID_CA|PURPOSE/.test(code))
    return 'its certificate is not trusted; check ca.pem in DOCKER_CERT_PATH and the name in the address';
  return undefined;
}

/** An answer that is not 200, as an error: 4xx is a refusal, except those that pass. */
export function statusFailure(address: string, what: string, status: number, body: string): PipelineError {
  const passing = status < 400 || status >= 500 || status === 408 || status === 429;
  const hint = /client sent an HTTP request to an HTTPS server/i.test(body)
    ? ' (it speaks TLS: set DOCKER_TLS_VERIFY=1)'
    : '';
  return new PipelineError(
    passing ? 'SOURCE_UNAVAILABLE' : 'SOURCE_REFUSED',
    `cannot ${what} at ${address}: it answered ${status}: ${reasonIn(body)}${hint}`,
    { cause: { status } },
  );
}

/** The engine's own words, or the start of whatever was sent. */
function reasonIn(body: string): string {
  try {
    const { message, cause } = JSON.parse(body) as { message?: unknown; cause?: unknown };
    const words = typeof message === 'string' ? message : cause;
    if (typeof words === 'string') return words.trim();
  } catch {
    // Not the engine's JSON: a proxy's page, or nothing.
  }
  return JSON.stringify(body.trim().slice(0, 200));
}
