// Runs in a browser: reads the feed that the page's address names, #ws://…, and counts what it hears.
import { liveFeed } from '../../src/client/index.ts';

/** What the test asks the page for. */
export interface Counted {
  /** Times that the feed has greeted it. */
  hellos: number;
  /** Records in their order, in all; and since the last greeting. */
  records: number;
  sinceHello: number;
  /** What should not have come. */
  wrong?: string;
}

const counted: Counted = { hellos: 0, records: 0, sinceHello: 0 };
const page = globalThis as unknown as { counted: Counted; readonly location: { readonly hash: string } };
page.counted = counted;
let next: number | undefined;
const feed = liveFeed<{ readonly seq: number }>(page.location.hash.slice(1), {
  minDelayMs: 20,
  maxDelayMs: 200,
});
for await (const frame of feed) {
  if (frame.type === 'hello') {
    counted.hellos += 1;
    counted.sinceHello = 0;
  } else if (frame.type === 'record') {
    next ??= frame.record.seq;
    if (frame.record.seq !== next) counted.wrong ??= `record ${frame.record.seq} in place of ${next}`;
    next += 1;
    counted.records += 1;
    counted.sinceHello += 1;
  } else if (frame.type !== 'connection') counted.wrong ??= JSON.stringify(frame);
}
