import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecording, recordingInfo } from '../../src/replay/read-recording.ts';
import type { Recorded } from '../../src/replay/read-recording.ts';
import { LINES_SINK, logLines, useFolder } from './program.ts';
import type { Started } from './program.ts';

const FILE = `
import { dockerEvents, dockerStats, from, pipeline } from 'dockrx';
import { bufferTime, timestamp } from 'rxjs';
import { lines } from './lines.ts';
export default pipeline('p', from(dockerEvents(), dockerStats({ everyMs: 100 })), bufferTime(250), timestamp(), lines('out'));
`;
const FINITE = `
import { defineSource, pipeline } from 'dockrx';
import { interval, take } from 'rxjs';
import { lines } from './lines.ts';
const ticks = defineSource({ name: 'ticks', open: () => interval(20).pipe(take(10)) });
export default pipeline('finite', ticks, lines('finite.out'));
`;

describe('cli: record, and run --from', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'lines.ts': LINES_SINK, 'p.ts': FILE, 'finite.ts': FINITE }));
  const rec = (): string => join(folder.path, 'rec');
  const out = (name = 'out'): string => readFileSync(join(folder.path, name), 'utf8');
  const read = async (): Promise<Recorded[]> => {
    const all: Recorded[] = [];
    for await (const one of readRecording(rec())) all.push(one);
    return all;
  };
  /** Starts to record, until so much has been written. */
  const recorded = async (count: number): Promise<Started> => {
    const program = folder.start(['record', 'p.ts', '--out', 'rec', '--simulate']);
    await program.says(/writes to rec/);
    while ((await read()).length < count) await new Promise((resolve) => setTimeout(resolve, 20));
    return program;
  };

  it('records until Ctrl-C, without running operators and sinks, and replays it twice the same', async () => {
    const { child, done } = await recorded(50);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await done;
    expect(code, stderr).to.equal(0);
    expect(stdout).to.equal('');
    expect(existsSync(join(folder.path, 'out'))).to.equal(false);
    const { sources, endedMs } = await recordingInfo(rec());
    expect(sources).to.deep.equal([
      { pipeline: 'p', name: 'dockerEvents' },
      { pipeline: 'p', name: 'dockerStats' },
    ]);
    expect(endedMs).to.be.a('number');
    const records = (await read()).map(({ record }) => record);
    const outputs: string[] = [];
    for (const file of ['first', 'second']) {
      folder.write({ 'p.ts': FILE.replace("'out'", `'${file}'`) });
      const replayed = await folder.run(['run', 'p.ts', '--from', 'rec', '--audit']);
      expect(replayed.code, replayed.stderr).to.equal(0);
      expect(logLines(replayed.stderr)[0]).to.include({ msg: 'connected to the recording rec' });
      outputs.push(out(file));
    }
    expect(outputs[1]).to.equal(outputs[0]);
    const buffers = outputs[0]!.trimEnd().split('\n');
    const values = buffers.map((line) => JSON.parse(line) as { value: unknown[]; timestamp: number });
    expect(values.flatMap(({ value }) => value)).to.deep.equal(records);
    const { startedMs } = await recordingInfo(rec());
    for (const [i, { timestamp }] of values.slice(0, -1).entries())
      expect(timestamp).to.equal(startedMs + 250 * (i + 1));
  });

  it('replays what a killed recording has left', async () => {
    const { child, done } = await recorded(50);
    child.kill('SIGKILL');
    await done;
    expect((await recordingInfo(rec())).endedMs).to.equal(undefined);
    const { code, stderr } = await folder.run(['run', 'p.ts', '--from', 'rec', '--speed', '100x']);
    expect(code, stderr).to.equal(0);
    expect(out().trimEnd().split('\n').length).to.be.above(1);
  });

  it('ends by --for, by --max-bytes, and with its sources', async () => {
    const timed = await folder.run(['record', 'p.ts', '--out', 'rec', '--simulate', '--for', '500ms']);
    expect(timed.code, timed.stderr).to.equal(0);
    expect(timed.stderr).to.contain('the recording ends: 0.5 s have passed');
    const args = ['record', 'p.ts', '--out', 'small', '--simulate', '--max-bytes', '20KiB'];
    const small = await folder.run(args);
    expect(small.code, small.stderr).to.equal(0);
    expect(small.stderr).to.contain('the recording ends: 20480 bytes have been recorded');
    const finite = await folder.run(['record', 'finite.ts', '--out', 'finite']);
    expect(finite.code, finite.stderr).to.equal(0);
    expect((await recordingInfo(join(folder.path, 'finite'))).sources[0]).to.have.property('endedMs');
    const replayed = await folder.run(['run', 'finite.ts', '--from', 'finite']);
    expect(replayed.code, replayed.stderr).to.equal(0);
    expect(out('finite.out')).to.equal(Array.from({ length: 10 }, (_, i) => `${i}\n`).join(''));
  });

  it('refuses what cannot be, with one line', async () => {
    await folder.run(['record', 'finite.ts', '--out', 'rec']);
    const before = readdirSync(rec());
    for (const [args, says] of [
      [['record', 'finite.ts'], /required option '--out <folder>' not specified/],
      [
        ['record', 'finite.ts', '--out', 'rec'],
        /^rec holds the recording of .*Z: choose another folder, or remove it/,
      ],
      [['record', 'finite.ts', '--out', '.'], /^\. is not empty/],
      [['record', 'finite.ts', '--out', 'x', '--max-bytes', 'much'], /It must be like 500000, 64MiB or 2GiB/],
      [['run', 'finite.ts', '--from', 'none'], /^none holds no recording/],
      [
        ['run', 'p.ts', '--from', 'rec'],
        /^the recording rec has no source dockerEvents for pipeline p: it has ticks of finite/,
      ],
      [
        ['run', 'p.ts', '--from', 'rec', '--state', 's'],
        /'--from <folder>' cannot be used with option '--state/,
      ],
      [['run', 'p.ts', '--from', 'rec', '--simulate'], /cannot be used with option '--simulate/],
      [['run', 'p.ts', '--from', 'rec', '--speed', '0x'], /It must be like 1, 100x or max/],
      [['run', 'p.ts', '--speed', '2'], /--speed is for --from/],
    ] as const) {
      const { code, stderr } = await folder.run(args);
      expect(code, args.join(' ')).to.equal(2);
      expect(stderr).to.match(says);
      expect(stderr.trimEnd().split('\n')).to.have.lengthOf(1);
    }
    expect(readdirSync(rec())).to.deep.equal(before);
  });
});
