// Asks an address three times, says so, then so often, and says how long an answer took (the median), how many bytes and how many samples it had.
import { get } from 'node:http';

const [url = '', times = '1'] = process.argv.slice(2);
const HASH = 35;
const LINE_END = 10;
const took: number[] = [];
let answer = { bytes: 0, samples: 0 };
for (let n = 0; n < 3; n += 1) await read();
process.stdout.write('warm\n');
for (let n = 0; n < Number(times); n += 1) {
  const started = performance.now();
  answer = await read();
  took.push(performance.now() - started);
}
took.sort((a, b) => a - b);
process.stdout.write(`${JSON.stringify({ ms: took[took.length >> 1], ...answer })}\n`);

function read(): Promise<typeof answer> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let bytes = 0;
      let samples = 0;
      let isStart = true;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        for (const byte of chunk) {
          if (isStart && byte !== HASH && byte !== LINE_END) samples += 1;
          isStart = byte === LINE_END;
        }
      });
      response.once('end', () => resolve({ bytes, samples }));
    }).once('error', reject);
  });
}
