import { expect } from 'chai';
import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { answerJson, answerStream, scriptedEngine } from '../../engine/scripted-engine.ts';
import { at, frame } from './lines.ts';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('reading-program.ts', import.meta.url));
const MiB = 1024 * 1024;
const CHATTY = 200;
const LINES = 1_000_000;
const HUGE_BYTES = 1024 * MiB;

const idOf = (i: number): string => i.toString(16).padStart(64, '0');
const inspected = (id: string): object => ({
  Id: id,
  Name: `/name-${id.slice(-3)}`,
  Image: 'sha256:1',
  Config: { Image: 'bb:1', Tty: false, Labels: {} },
  State: { Status: 'running', Running: true, StartedAt: '2026-11-27T10:00:00Z' },
  HostConfig: { LogConfig: { Type: 'json-file', Config: {} } },
});

/** Writes the same chunk so many times, as fast as it is taken, and then the last one; the answer stays open. */
function pour(response: ServerResponse, chunk: Buffer, times: number, last: Buffer): void {
  const chunks = function* (): Generator<Buffer> {
    for (let i = 0; i < times; i += 1) yield chunk;
    yield last;
  };
  Readable.from(chunks()).pipe(response, { end: false });
}

describe('dockerLogs of 200 chatty containers and one line of 1 GiB', function () {
  this.timeout(300_000);

  it('needs no more memory than its bounds', async () => {
    const part = frame(`${at(1)} ${'x'.repeat(16_384)}`);
    const parts = Buffer.concat(Array.from({ length: 64 }, () => part));
    const chatty = Buffer.concat(
      Array.from({ length: 100 }, (_, i) => frame(`${at(i)} ${`line ${i} `.repeat(10)}\n`)),
    );
    const engine = await scriptedEngine({
      answers: {
        '/events': answerStream,
        '/containers/json': answerJson(
          Array.from({ length: CHATTY + 1 }, (_, i) => ({ Id: idOf(i), Names: [`/${i}`], State: 'running' })),
        ),
        '*': (response, request) => {
          const [, id = '', what] = /^\/containers\/(\w+)\/(json|logs)/.exec(request.url ?? '') ?? [];
          if (what === 'json') {
            answerJson(inspected(id))(response, request);
            return;
          }
          answerStream(response, request);
          if (id === idOf(CHATTY)) pour(response, parts, HUGE_BYTES / (64 * 16_384), frame(`${at(1)} end\n`));
          else pour(response, chatty, LINES / CHATTY / 100, Buffer.alloc(0));
        },
      },
    });
    const { stdout } = await run(process.execPath, [
      '--import',
      'tsx',
      PROGRAM,
      engine.address,
      String(LINES),
    ]);
    await engine.close();
    const { count, truncatedBytes, idleMiB, peakMiB } = JSON.parse(stdout) as Record<string, number>;
    expect(count).to.be.at.least(LINES);
    expect(truncatedBytes).to.equal(HUGE_BYTES + 3 - 256 * 1024);
    expect(peakMiB! - idleMiB!).to.be.below(200);
  });
});
