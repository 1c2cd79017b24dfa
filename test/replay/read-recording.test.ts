import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PipelineError } from '../../src/core/errors.ts';
import { readRecording, recordingInfo } from '../../src/replay/read-recording.ts';
import type { Recorded } from '../../src/replay/read-recording.ts';
import { writeSegment } from '../journal/segment-files.ts';
import { infoOf, writeRecording } from './recordings.ts';

const START = Date.UTC(2026, 0, 1);
const some = (count: number): Recorded[] =>
  Array.from({ length: count }, (_, i) => ({
    source: i % 2,
    atMs: START + i,
    record: { i, text: 'ä'.repeat(i % 50) },
  }));

describe('a recording', () => {
  let dir = '';
  const told: string[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dockrx-recording-'));
    told.length = 0;
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const write = (recorded: readonly Recorded[]): Promise<void> =>
    writeRecording(dir, infoOf(START, START + 60_000, ['a', 'b']), recorded);
  const read = async (): Promise<Recorded[]> => {
    const all: Recorded[] = [];
    for await (const one of readRecording(dir, (message) => told.push(message))) all.push(one);
    return all;
  };
  const segment = (): string =>
    join(
      dir,
      readdirSync(dir).find((name) => name.endsWith('.segment'))!,
    );
  const refused = async (): Promise<string> => {
    const error = await recordingInfo(dir).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(PipelineError).and.include({ code: 'CONFIG_INVALID' });
    return (error as Error).message;
  };

  it('reads what was written, in its order, with its times', async () => {
    await write(some(5_000));
    expect(await recordingInfo(dir)).to.deep.equal(infoOf(START, START + 60_000, ['a', 'b']));
    expect(await read()).to.deep.equal(some(5_000));
    expect(told).to.deep.equal([]);
  });

  it('may be empty', async () => {
    await write([]);
    expect(await read()).to.deep.equal([]);
    expect(told).to.deep.equal([]);
  });

  it('is read up to where a crash has torn it, at every place, and stays as it is', async () => {
    await write(some(40));
    const path = segment();
    const whole = readFileSync(path);
    let most = 0;
    for (let bytes = 0; bytes < whole.length; bytes += 7) {
      writeFileSync(path, whole.subarray(0, bytes));
      const found = await read();
      expect(found).to.deep.equal(some(40).slice(0, found.length));
      expect(found.length).to.be.at.least(most);
      most = found.length;
      expect(readFileSync(path).length).to.equal(bytes);
    }
    expect(most).to.equal(39);
    expect(told.at(-1)).to.match(/ends in the middle of a record: \d+ bytes are left out$/);
  });

  it('is read behind what is damaged in it, and says how much is missing', async () => {
    const mark = (mark: number) => ({ mark, ms: START });
    const path = writeSegment(dir, 0, [
      mark(0),
      ...some(3).map(({ source, atMs, record }) => ({ record: [source, atMs, record] })),
      mark(3),
      ...some(6)
        .slice(3)
        .map(({ source, atMs, record }) => ({ record: [source, atMs, record] })),
    ]);
    const bytes = readFileSync(path);
    bytes[32 + 25 + 20]! ^= 1;
    writeFileSync(path, bytes);
    expect(await read()).to.deep.equal(some(6).slice(3));
    expect(told).to.have.lengthOf(2);
    expect(told[0]).to.match(/is damaged: \d+ bytes are left out$/);
    expect(told[1]).to.contain('3 records before 3 are missing');
  });

  it('leaves out a segment without a header', async () => {
    await write(some(10));
    const bytes = readFileSync(segment());
    bytes[3]! ^= 1;
    writeFileSync(segment(), bytes);
    expect(await read()).to.deep.equal([]);
    expect(told).to.have.lengthOf(1);
  });

  it('says what is no recording', async () => {
    expect(await refused()).to.equal(
      `${dir} holds no recording: make one with pipeline record FILE --out ${dir}`,
    );
    const manifest = join(dir, 'recording.json');
    for (const [text, why] of [
      ['{', 'JSON'],
      ['null', 'its version is undefined, this program knows version 1'],
      ['{"version":2}', 'its version is 2'],
      ['{"version":1}', 'it has no startedMs and sources'],
      ['{"version":1,"startedMs":1,"sources":[null]}', 'it has no startedMs and sources'],
    ] as const) {
      writeFileSync(manifest, text);
      expect(await refused())
        .to.contain(`${manifest} cannot be used: `)
        .and.to.contain(why);
    }
    rmSync(manifest);
    mkdirSync(manifest);
    expect(await refused()).to.contain('EISDIR');
  });

  it('is not the journal of a source', async () => {
    writeSegment(dir, 0, [{ mark: 0, ms: START }, { record: { kind: 'docker-event' } }]);
    const error = await read().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(PipelineError);
    expect((error as Error).message).to.contain('is no part of a recording');
  });
});
