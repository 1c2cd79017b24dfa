import { TestScheduler } from 'rxjs/testing';
import { PipelineError } from '../core/errors.ts';

/** Values by the letters of a marble diagram. */
export type Values = Readonly<Record<string, unknown>>;

/** A marble diagram, read. */
export interface Marbles {
  readonly marks: readonly { readonly ms: number; readonly value: unknown }[];
  /** Where it has a `|`. */
  readonly endMs?: number | undefined;
}

/** Reads a diagram as RxJS's TestScheduler does in run mode; every letter must have a value. */
export function readMarbles(where: string, marbles: string, values: Values): Marbles {
  const refuse = (what: string): Error =>
    new PipelineError('CONFIG_INVALID', `${where} '${marbles}': ${what}`);
  const marks: { ms: number; value: unknown }[] = [];
  let endMs: number | undefined;
  for (const { frame, notification } of parse(marbles, refuse)) {
    if (notification.kind === 'E')
      throw refuse(
        `'#' is no record: an error of a source does not reach the operators, the run opens it again`,
      );
    if (notification.kind === 'C') endMs = frame;
    else {
      const letter = notification.value as string;
      if (!Object.hasOwn(values, letter)) throw refuse(`there is no value for '${letter}'`);
      marks.push({ ms: frame, value: values[letter] });
    }
  }
  return { marks, endMs };
}

function parse(
  marbles: string,
  refuse: (what: string) => Error,
): ReturnType<typeof TestScheduler.parseMarbles> {
  if (/[\^!]/.test(marbles)) throw refuse(`'^' and '!' have no meaning here: the test reads all there is`);
  try {
    // Only a run counts a millisecond a character.
    return new TestScheduler(() => undefined).run(() =>
      TestScheduler.parseMarbles(marbles, undefined, undefined, false, true),
    );
  } catch (error) {
    throw refuse((error as Error).message);
  }
}
