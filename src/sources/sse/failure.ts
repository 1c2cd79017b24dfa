import { PipelineError } from '../../core/errors.ts';

/** Without what may be secret in it. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Passes by itself. */
const PASSING = [408, 425, 429];

/** `code`: the status of an answer, where there was one. `hasWorked`: before; what has worked may work again. */
export function failureOf(
  url: string,
  code: number | undefined,
  message: string | undefined,
  hasWorked: boolean,
): PipelineError {
  const where = shownUrl(url);
  if (code === undefined)
    return new PipelineError(
      'SOURCE_UNAVAILABLE',
      `${where} does not answer, or no more: ${message ?? 'the connection has ended'}`,
    );
  const isAway = hasWorked || code >= 500 || PASSING.includes(code);
  const advice =
    code === 401 || code === 403
      ? 'give it a token that is right: headers'
      : code === 200
        ? 'it is no stream of server-sent events: look at the path'
        : 'look at the address and path';
  return new PipelineError(
    isAway ? 'SOURCE_UNAVAILABLE' : 'SOURCE_REFUSED',
    `${where} answers with status ${code}${isAway ? '' : `: ${advice}`}`,
  );
}
