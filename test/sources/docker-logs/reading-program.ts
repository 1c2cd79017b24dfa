// Reads the logs of an engine until it has had so many bytes of text and so many lines, and tells its peak of memory:
//   reading-program.ts ADDRESS LINES
import { dockerEngine } from '../../../src/engine/engine.ts';
import { dockerLogs } from '../../../src/sources/docker-logs.ts';

const [address, lines] = process.argv.slice(2) as [string, string];
const idleMiB = Math.round(process.resourceUsage().maxRSS / 1024);
let count = 0;
let truncatedBytes = 0;
const reading = dockerLogs({ engine: dockerEngine({ address }), from: 'start' }).subscribe((record) => {
  count += 1;
  if (record.kind === 'log-line') truncatedBytes += record.truncatedBytes ?? 0;
  if (count < Number(lines) || truncatedBytes === 0) return;
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ count, truncatedBytes, idleMiB, peakMiB }));
  reading.unsubscribe();
});
