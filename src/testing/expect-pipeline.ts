import { PipelineError } from '../core/errors.ts';
import { isPipeline } from '../core/pipeline.ts';
import type { Pipeline } from '../core/types.ts';
import { isUntimed, timeAt, timed } from './moments.ts';
import { play } from './play.ts';
import type { Moment, TimeLine } from './play.ts';
import { readRecorded } from './recording.ts';
import type { Recording } from './recording.ts';
import { report } from './report.ts';
import type { Expected } from './report.ts';
import { readMarbles } from './time-line.ts';
import type { Values } from './time-line.ts';

/** What a pipeline is given in place of its sources. */
export interface Expectation {
  /**
   * By a marble diagram: a character is a millisecond, `a 9ms b` ten of them, a `|` at the end of the diagram the end of the
   * sources. Without it they stay open for a day, so that all that waits for a time comes.
   *
   * @example .given('a 59s b', { a: dockerEvent({ action: 'die' }), b: dockerEvent() })
   */
  given(marbles: string, values?: Values): Emission;
  /** What was recorded, at the times it came at; or a list, a millisecond apart. Then the sources end. */
  given(records: Recording | readonly unknown[]): Emission;
}

/** What a pipeline is to make of it. */
export interface Emission {
  /**
   * Resolves when just these records reach the sinks, each at its millisecond, else rejects with what differs. A `|` is
   * compared where there is one. Values are equal field by field; see {@link matching}.
   */
  emits(marbles: string, values?: Values): Promise<void>;
  /** The same, in this order, at any time. */
  emits(records: readonly unknown[]): Promise<void>;
}

/**
 * Tests a pipeline in virtual time: what its operators make of records. Its sources and sinks are not opened; what is
 * compared is what every sink is handed. A branch, `pipe(operator, sink)`, is a sink: make a pipeline of its operator to test
 * it. Operators that wait for a promise are not heard: virtual time does not wait for them.
 *
 * @example
 * const deaths = pipeline(
 *   'deaths',
 *   dockerEvents(),
 *   filter((told) => told.kind === 'docker-event' && told.action === 'die'),
 *   console(),
 * );
 * const [a, b] = [dockerEvent({ action: 'die', exitCode: 1 }), dockerEvent({ action: 'start' })];
 * await expectPipeline(deaths).given('a 9ms b', { a, b }).emits('a', { a });
 */
export function expectPipeline(pipeline: Pipeline): Expectation {
  if (!isPipeline(pipeline))
    throw new PipelineError('CONFIG_INVALID', 'expectPipeline: give it a pipeline, as pipeline(…) makes it');
  return {
    given: (given: string | Recording | readonly unknown[], values: Values = {}) => {
      const emits = async (wanted: string | readonly unknown[], wantedValues: Values = {}): Promise<void> => {
        const place = placeOf(emits);
        try {
          const line = await timeLineOf(pipeline, given, values);
          const lines = report(play(pipeline, line), expectedOf(wanted, wantedValues));
          if (lines.length > 0) throw mismatch(pipeline.name, lines);
        } catch (error) {
          throw placed(error, place);
        }
      };
      return { emits };
    },
  };
}

async function timeLineOf(
  pipeline: Pipeline,
  given: string | Recording | readonly unknown[],
  values: Values,
): Promise<TimeLine> {
  if (typeof given === 'string') {
    const { marks, endMs } = readMarbles('given', given, values);
    return { moments: marks.map(({ ms, value }) => momentOf(value, ms)), endMs };
  }
  if ('dir' in given) return readRecorded(given, pipeline.name);
  return { moments: given.map(momentOf), endMs: given.length };
}

/** What was built without a time has that of its place. */
const momentOf = (value: unknown, ms: number): Moment => ({
  ms,
  record: isUntimed(value) ? timed(value, timeAt(ms)) : value,
});

function expectedOf(wanted: string | readonly unknown[], values: Values): Expected {
  if (typeof wanted !== 'string') return { records: wanted.map((value) => ({ value })) };
  const { marks, endMs } = readMarbles('emits', wanted, values);
  return { records: marks, endMs };
}

const mismatch = (name: string, lines: readonly string[]): Error =>
  new Error(
    `${name}: its sinks do not get what was expected\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );

/** The frames of whoever called, but for Node's own. */
function placeOf(called: (...args: never) => unknown): string {
  const here = { stack: '' };
  Error.captureStackTrace(here, called);
  const frames = here.stack.split('\n').slice(1);
  return frames.filter((frame) => !frame.includes('node:')).join('\n');
}

/** With the place in the test in place of ours. */
function placed(error: unknown, place: string): unknown {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}\n${place}`;
  return error;
}
