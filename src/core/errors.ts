/** Every code an error of dockrx can have, and whether trying again can help. */
const CODES = {
  /** An option is wrong, or a pipeline file is. */
  CONFIG_INVALID: 'fatal',
  /** The source's service is away: not started, restarting, cut off, no permission yet. */
  SOURCE_UNAVAILABLE: 'retryable',
  /** The source's service answered that it never will. */
  SOURCE_REFUSED: 'fatal',
  /** The sink's service or disk is away, or full. */
  SINK_UNAVAILABLE: 'retryable',
  /** The sink's service or disk refuses for good. */
  SINK_REFUSED: 'fatal',
} as const;

/**
 * `CONFIG_INVALID`, `SOURCE_REFUSED`, `SINK_REFUSED`: it can never work, the run drains and fails. `SOURCE_UNAVAILABLE`,
 * `SINK_UNAVAILABLE`: the world is away, it is tried again for ever.
 */
export type PipelineErrorCode = keyof typeof CODES;

/** An error with a code; its message says what, which, and what to do about it. */
export class PipelineError extends Error {
  /** What kind of error, and so whether it is tried again. */
  readonly code: PipelineErrorCode;

  constructor(code: PipelineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PipelineError';
    this.code = code;
  }
}

/**
 * Whether an error is one of those after which trying again can help. Reads the code and not the class: two copies of this
 * package may meet in one process.
 *
 * @example isRetryable(new PipelineError('SINK_UNAVAILABLE', 'the disk is full')) // true
 */
export function isRetryable(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (CODES as Record<string, string>)[code] === 'retryable';
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
