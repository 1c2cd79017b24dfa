import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { broadcast, publishOnTime } from './broadcast.ts';
import { measured } from './measure.ts';

await measured(async (job) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws', perMessageDeflate: false });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return broadcast(job, `ws://127.0.0.1:${port}/ws`, () =>
    publishOnTime(job, (record) => {
      const message = Buffer.from(JSON.stringify(record));
      for (const client of server.clients) client.send(message, { binary: false });
    }),
  );
});
