import { isRetryable, messageOf } from '../core/errors.ts';
import { dockerEngine } from './engine.ts';

/** Whether an engine answers where one is looked for by default: where it is, or why not. Never rejects. */
export async function engineAnswers(
  timeoutMs = 5_000,
): Promise<{ readonly address: string } | { readonly reason: string; readonly absent: boolean }> {
  try {
    const connection = await dockerEngine({ headerTimeoutMs: timeoutMs }).connect(
      new AbortController().signal,
    );
    connection.close();
    return { address: connection.address };
  } catch (error) {
    return { reason: messageOf(error), absent: isRetryable(error) };
  }
}
