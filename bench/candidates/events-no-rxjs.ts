import { open } from 'node:fs/promises';
import { dockerEngine } from '../../src/engine/engine.ts';
import { readLines } from '../../src/engine/lines.ts';
import { flatEvent } from '../../src/operators/flatten-event.ts';
import { DEFAULT_LABELS } from '../../src/records/labels.ts';
import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { textOf } from '../../src/records/text.ts';
import { measured } from './measure.ts';

// The same engine client, parser, flattening and text as the pipeline's, called by hand in one loop.
await measured(async ({ socketPath, out, amount }) => {
  const { signal } = new AbortController();
  const connection = await dockerEngine({ address: `unix://${socketPath}`, host: 'bench' }).connect(signal);
  const labels = [...DEFAULT_LABELS, 'sequence'];
  const parse = dockerEventParser({ host: 'bench', simulated: true, labels, execCommands: 'redact' });
  const file = await open(out, 'a');
  const answer = await connection.events({}, signal);
  let left = amount;
  let lines: string[] = [];
  let length = 0;
  let written = Promise.resolve();
  const flush = (): void => {
    const text = lines.join('');
    lines = [];
    length = 0;
    written = written.then(() => file.appendFile(text));
  };
  await new Promise<void>((resolve) => {
    const line = (text: string): void => {
      if (left <= 0) return;
      const flat = `${textOf(flatEvent(parse(text)))}\n`;
      lines.push(flat);
      length += flat.length;
      left -= 1;
      if (length >= 65_536 || left === 0) flush();
      if (left === 0) resolve();
    };
    const stop = readLines(answer, { maxBytes: 4 * 1024 * 1024, line, bad: () => undefined }, () =>
      resolve(),
    );
    answer.once('close', stop);
  });
  await written;
  await file.close();
});
