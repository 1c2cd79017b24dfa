import Docker from 'dockerode';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonLines, lineFile } from './bare.ts';
import { flatStatsLine } from './flat-stats-line.ts';
import { measured, OPENING_MS } from './measure.ts';

await measured(async ({ socketPath, out, amount, steadily }) => {
  const file = lineFile(out);
  const sockets: Socket[] = [];
  for (const { Id, Names, Image, ImageID } of await new Docker({ socketPath }).listContainers()) {
    const container = { id: Id, name: Names[0]!.slice(1), image: Image, imageId: ImageID };
    const socket = await connected(socketPath);
    sockets.push(socket);
    socket.on(
      'data',
      jsonLines((line) => file.add(flatStatsLine(container, line))),
    );
    socket.write(`GET /containers/${Id}/stats?stream=true HTTP/1.1\r\nHost: docker\r\n\r\n`);
  }
  await sleep(OPENING_MS);
  await steadily(() => sleep(amount * 1000 - OPENING_MS));
  for (const socket of sockets) socket.destroy();
  await file.close();
});

/** A unix socket turns connections away while too many wait to be accepted. */
async function connected(socketPath: string): Promise<Socket> {
  for (;;) {
    const socket = connect(socketPath);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(10);
    }
  }
}
