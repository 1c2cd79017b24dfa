import Docker from 'dockerode';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines, lineFile } from './bare.ts';
import { measured, OPENING_MS } from './measure.ts';
import { flatStatsLine } from './flat-stats-line.ts';

await measured(async ({ socketPath, out, amount, steadily }) => {
  const docker = new Docker({ socketPath });
  const file = lineFile(out);
  const containers = await docker.listContainers();
  const streams: IncomingMessage[] = [];
  for (const { Id, Names, Image, ImageID } of containers) {
    const stream = (await docker.getContainer(Id).stats({ stream: true })) as unknown as IncomingMessage;
    const container = { id: Id, name: Names[0]!.slice(1), image: Image, imageId: ImageID };
    stream.on(
      'data',
      jsonLines((line) => file.add(flatStatsLine(container, line))),
    );
    stream.on('error', () => undefined);
    streams.push(stream);
  }
  await sleep(OPENING_MS);
  await steadily(() => sleep(amount * 1000 - OPENING_MS));
  for (const stream of streams) stream.destroy();
  await file.close();
});
