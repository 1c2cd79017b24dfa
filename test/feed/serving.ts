import { Subject } from 'rxjs';
import { withShared } from '../../src/core/shared.ts';
import type { Sink } from '../../src/core/types.ts';
import { listen } from '../contracts/listen.ts';
import type { Listening } from '../contracts/listen.ts';

/** A sink that serves, and what is published there. */
export interface Served {
  /** With the port it really has. */
  readonly url: string;
  readonly input: Subject<unknown>;
  readonly heard: Listening;
  /** Resolves once so many records have been published. */
  readonly delivered: (count: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Serves on a free port. The sink must have been told to listen on port 0. */
export async function serve(sink: Sink<unknown>): Promise<Served> {
  const input = new Subject<unknown>();
  const heard = withShared(() => listen(sink, input));
  await Promise.race([heard.first('opened'), heard.end]);
  return {
    url: (await heard.first('opened')).target,
    input,
    heard,
    delivered: (count) => heard.until(({ delivered }) => delivered >= count),
    end: async () => {
      input.complete();
      await heard.end;
    },
  };
}
