import Docker from 'dockerode';
import type { IncomingMessage } from 'node:http';
import { flatLine, jsonLines, lineFile } from './bare.ts';
import { measured } from './measure.ts';

await measured(async ({ socketPath, out, amount }) => {
  const file = lineFile(out);
  const stream = (await new Docker({ socketPath }).getEvents()) as unknown as IncomingMessage;
  await new Promise<void>((resolve) => {
    let left = amount;
    const cut = jsonLines((line) => {
      if (left <= 0) return;
      file.add(flatLine(line));
      left -= 1;
      if (left === 0) resolve();
    });
    stream.on('data', cut);
  });
  stream.on('error', () => undefined);
  stream.destroy();
  await file.close();
});
