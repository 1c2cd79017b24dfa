import { sendError, type Call } from './answers.ts';
import { frame } from './channel.ts';
import type { Hub } from './hub.ts';
import type { EngineServer } from './server.ts';

/** What an engine, or a network before it, does wrong when it is told to. */
export interface Faults {
  /** answers begin so many milliseconds late, from now on; 0 ends it */
  readonly slow: (ms: number) => void;
  /** requests for such paths (default: all) get this status and the engine's way of an error, until `heal` */
  readonly fail: (status: number, paths?: RegExp) => void;
  /** ends `slow` and `fail` */
  readonly heal: () => void;
  /** cuts every connection; new ones are taken */
  readonly cut: () => void;
  /** the next events, so many, reach no listener, as when it does not read; the ring has them */
  readonly lose: (events: number) => void;
  /** of the next event half a line reaches its listeners, whose connections are then cut; the ring has it whole */
  readonly breakOff: () => void;
  /** writes a text into every open event stream as it is: garbage, half a line, a huge one */
  readonly send: (text: string) => void;
}

/** A fault stands between a call and its answer. */
export interface FaultyAnswers extends Faults {
  readonly pass: (call: Call, answer: () => void) => void;
}

export function createFaults(hub: Hub, server: () => EngineServer): FaultyAnswers {
  let slowMs = 0;
  let failing: { readonly status: number; readonly paths: RegExp } | undefined;

  const answerNow = ({ path, response }: Call, answer: () => void): void => {
    if (response.destroyed) return;
    if (failing?.paths.test(path) === true) sendError(response, failing.status, 'a fault of the simulator');
    else answer();
  };
  const checked = (name: string, value: number, least: number, most: number): number => {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new RangeError(`simulator: ${name} is ${value}, give a whole number from ${least} to ${most}`);
  };

  return {
    slow: (ms) => {
      slowMs = checked('slow', ms, 0, 2 ** 31 - 1);
    },
    fail: (status, paths = /(?:)/) => {
      failing = { status: checked('status', status, 400, 599), paths };
    },
    heal: () => {
      slowMs = 0;
      failing = undefined;
    },
    cut: () => server().drop(),
    lose: (events) => hub.spoil('lost', checked('lose', events, 0, 2 ** 31 - 1)),
    breakOff: () => hub.spoil('half', 1),
    send: (text) => {
      for (const { channel } of hub.listeners) channel.offer(frame(text));
    },
    pass: (call, answer) => {
      if (slowMs === 0) return answerNow(call, answer);
      const timer = setTimeout(() => answerNow(call, answer), slowMs);
      call.response.once('close', () => clearTimeout(timer));
    },
  };
}
