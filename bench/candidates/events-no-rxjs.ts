import { dockerEngine } from '../../src/engine/engine.ts';
import { readLines } from '../../src/engine/lines.ts';
import { flatEvent } from '../../src/operators/flatten-event.ts';
import { DEFAULT_LABELS } from '../../src/records/labels.ts';
import { dockerEventParser } from '../../src/records/parse-docker-event.ts';
import { textOf } from '../../src/records/text.ts';
import { linePacker } from '../../src/sinks/ndjson-file/line-packer.ts';
import type { Line, Pack } from '../../src/sinks/ndjson-file/line-packer.ts';
import { parsePath } from '../../src/sinks/ndjson-file/path-template.ts';
import { openFileWriter } from '../../src/sinks/ndjson-file/writer.ts';
import { lineMemory } from '../../src/sources/docker-events/line-memory.ts';
import { measured } from './measure.ts';

const PACK_BYTES = 64 * 1024;
/** 16 MiB: beyond them reading pauses. */
const WAITING_PACKS = 256;

// The engine client, memory of lines, parser, flattening, text, packing and file of the pipeline, called by hand in one
// loop: what is left over is what RxJS, the runtime and its counting cost.
await measured(async ({ socketPath, out, amount }) => {
  const { signal } = new AbortController();
  const connection = await dockerEngine({ address: `unix://${socketPath}`, host: 'bench' }).connect(signal);
  const labels = [...DEFAULT_LABELS, 'sequence'];
  const parse = dockerEventParser({ host: 'bench', simulated: true, labels, execCommands: 'redact' });
  const memory = lineMemory(2048, 512);
  const isNew = memory.replayed();
  const packer = linePacker();
  const settings = { template: parsePath(out), rotate: undefined, compress: undefined, keep: undefined };
  const writer = await openFileWriter(
    { ...settings, fsync: 'never', openFiles: 1, exactlyOnce: false },
    packer.reuse,
    () => undefined,
    undefined,
  );
  const answer = await connection.events({}, signal);
  let left = amount;
  let lines: Line[] = [];
  let length = 0;
  let packs: Pack[] = [];
  let writing: Promise<void> | undefined;

  const write = (): void => {
    if (writing !== undefined || packs.length === 0) return;
    const batch = packs;
    packs = [];
    writing = writer.write(batch).then(() => {
      writing = undefined;
      answer.resume();
      write();
    });
  };
  const pack = (): void => {
    packs.push(packer.pack(lines));
    lines = [];
    length = 0;
    if (packs.length >= WAITING_PACKS) answer.pause();
    write();
  };
  await new Promise<void>((resolve) => {
    const line = (raw: string): void => {
      if (left <= 0 || !isNew(raw)) return;
      memory.receive(raw);
      memory.settle(memory.received);
      const text = textOf(flatEvent(parse(raw)));
      lines.push({ path: out, text, cameMs: 0 });
      length += text.length + 1;
      left -= 1;
      if (length >= PACK_BYTES || left === 0) pack();
      if (left === 0) resolve();
    };
    const stop = readLines(answer, { maxBytes: 4 * 1024 * 1024, line, bad: () => undefined }, () =>
      resolve(),
    );
    answer.once('close', stop);
  });
  while (writing !== undefined) await writing;
  await writer.close();
});
