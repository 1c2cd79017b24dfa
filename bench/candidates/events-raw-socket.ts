import { connect } from 'node:net';
import { flatLine, jsonLines, lineFile } from './bare.ts';
import { measured } from './measure.ts';

await measured(async ({ socketPath, out, amount }) => {
  const file = lineFile(out);
  const socket = connect(socketPath);
  await new Promise<void>((resolve) => {
    let left = amount;
    const cut = jsonLines((line) => {
      if (left <= 0) return;
      file.add(flatLine(line));
      left -= 1;
      if (left === 0) resolve();
    });
    socket.on('data', cut);
    socket.write('GET /events HTTP/1.1\r\nHost: docker\r\n\r\n');
  });
  socket.destroy();
  await file.close();
});
