import { PipelineError, type PipelineErrorCode } from '../../src/core/errors.ts';

/** The error a promise is expected to reject with: a `PipelineError` of that code. */
export async function failing(code: PipelineErrorCode, promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    (value) => new Error(`expected ${code}, but it went well: ${JSON.stringify(value)}`),
    (error: unknown) => error as Error,
  );
  if (!(outcome instanceof PipelineError)) throw outcome;
  if (outcome.code !== code)
    throw new Error(`expected ${code}, got ${outcome.code}: ${outcome.message}`, { cause: outcome });
  return outcome.message;
}
