import { lineFile } from './bare.ts';
import { eventOf } from './journal.ts';
import { measured } from './measure.ts';

// The same records as lines of a file: no checksums, no reading back.
await measured(async ({ out, amount }) => {
  const file = lineFile(out);
  for (let seq = 0; seq < amount; seq += 1) {
    file.add(`${JSON.stringify(eventOf(seq))}\n`);
    if (seq % 1000 === 999) await new Promise(setImmediate);
  }
  await file.close();
});
