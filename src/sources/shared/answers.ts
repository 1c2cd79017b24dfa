import { messageOf, PipelineError } from '../../core/errors.ts';
import type { EngineConnection } from '../../engine/engine.ts';

/** The error of an answer that could not be had or read: `what` is `the list of containers`. */
export const unclear = (what: string, { address }: EngineConnection, cause: unknown): PipelineError =>
  cause instanceof PipelineError
    ? cause
    : new PipelineError('SOURCE_UNAVAILABLE', `${what} from ${address} is wrong: ${messageOf(cause)}`, {
        cause,
      });

/** That path is closed to this client, whatever is asked for. */
export function isRefusal(error: unknown): boolean {
  return [401, 403, 405].includes(statusIn(error));
}

/** What was asked for is not there. */
export const isGone = (error: unknown): boolean => statusIn(error) === 404;

/** It is being removed: the engine tells nothing of it any more. */
export const isGoing = (error: unknown): boolean => statusIn(error) === 409;

function statusIn(error: unknown): number {
  const { status } = ((error as { cause?: unknown }).cause ?? {}) as { readonly status?: unknown };
  return typeof status === 'number' ? status : 0;
}
