// Reads a world of numbered records, which goes on for ever, through a journal, and writes what it has read, a line
// each; it reads on from a record, as from a checkpoint:
//   journaling-program.ts OPTIONS RECORD
import { writeSync } from 'node:fs';
import { Observable } from 'rxjs';
import { defineSource } from '../../src/core/define-source.ts';
import { journaled } from '../../src/journal/journaled.ts';
import type { JournaledOptions } from '../../src/journal/journaled.ts';
import { readFrom } from './feed.ts';
import { worldRecord } from './world.ts';

const [options, record] = process.argv.slice(2);
// A long place is written now and then only: what was read behind it comes again.
const PADDING = ' '.repeat(50_000);
let place = 0;
const world = defineSource({
  name: 'world',
  cursor: {
    read: () => ({ place, PADDING }),
    restore: (kept) => (place = (kept as { place: number }).place),
  },
  open: () =>
    new Observable<unknown>((out) => {
      const turn = (): void => {
        for (let left = 1 + (place % 300); left > 0; left -= 1) {
          place += 1;
          out.next(worldRecord(place - 1));
        }
        if (!out.closed) setImmediate(turn);
      };
      turn();
    }),
});
const journal = journaled(world, JSON.parse(options!) as JournaledOptions);
readFrom(journal, Number(record));
journal.subscribe((read) => writeSync(1, `${JSON.stringify(read)}\n`));
