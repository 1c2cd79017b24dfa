import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Family } from './family.ts';
import type { Format } from './format.ts';

/** A chunk of text is handed on from this length on. */
const CHUNK = 64 * 1024;
/** How long the event loop is held at most, about. */
const SLICE_MS = 5;
/** How often the clock is looked at, in series. */
const LOOK_EVERY = 64;

/** The text of all families, in chunks. Between any two series the event loop may go on, but never within one. */
export async function* render(families: Iterable<Family>, format: Format): AsyncGenerator<string> {
  let text = '';
  let seen = 0;
  let since = performance.now();
  for (const family of families) {
    text += format.head(family);
    for (const series of family.series()) {
      if (series !== undefined) text += format.print(family, series);
      seen += 1;
      if (text.length >= CHUNK) {
        yield text;
        text = '';
      }
      if (seen % LOOK_EVERY === 0 && performance.now() - since >= SLICE_MS) {
        await nextTurn();
        since = performance.now();
      }
    }
  }
  yield text + format.end;
}
