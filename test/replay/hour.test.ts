import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { useFolder } from '../cli/program.ts';
import { infoOf, writeRecording } from './recordings.ts';
import { simulatedTime } from './simulated-time.ts';

const { REPLAY_SECONDS = '120', REPLAY_CONTAINERS = '40' } = process.env;
const seconds = Number(REPLAY_SECONDS);
const containers = Number(REPLAY_CONTAINERS);
const START = Date.UTC(2026, 0, 1);

/** What windows, rates and timeouts make of it, by the records' time and by RxJS's clock. */
const FILE = `
import { correlate, derive, dockerEvents, dockerStats, from, ndjsonFile, pipeline, windowBy } from 'dockrx';
import { auditTime, bufferTime, filter, map, pipe, timestamp } from 'rxjs';
export default pipeline('p', from(dockerEvents(), dockerStats()), derive(), correlate(), [
  ndjsonFile({ path: 'out/all.ndjson', rotate: { bytes: 4 * 1024 * 1024, everyMs: 50_000 } }),
  pipe(bufferTime(10_000), map((all) => all.length), timestamp(), ndjsonFile({ path: 'out/buffers.ndjson' })),
  pipe(
    filter((record) => record.kind === 'container-stats'),
    windowBy({ labels: ({ container }) => ({ name: container.name }), windowMs: 10_000, initial: 0, add: (most, { derived }) => Math.max(most, derived.cpuPercent ?? 0) }),
    ndjsonFile({ path: 'out/windows.ndjson' }),
  ),
  pipe(filter((record) => record.kind !== 'container-stats'), auditTime(1_500), timestamp(), ndjsonFile({ path: 'out/audited.ndjson' })),
]);
`;

describe(`a replay of ${seconds} s with ${containers} containers`, () => {
  const folder = useFolder();
  const path = (name: string): string => join(folder.path, name);
  /** The name, size and hash of each file it wrote. */
  const outputs = async (): Promise<string[]> => {
    const all: string[] = [];
    for (const name of readdirSync(path('out')).sort()) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path(`out/${name}`)), hash);
      all.push(`${name} ${statSync(path(`out/${name}`)).size} ${hash.digest('hex')}`);
    }
    return all;
  };

  it('comes out byte for byte the same each time, at once and at a speed', async function () {
    this.timeout(3_600_000);
    const info = infoOf(START, START + seconds * 1000, ['dockerEvents', 'dockerStats']);
    await writeRecording(path('recorded'), info, simulatedTime({ startMs: START, seconds, containers }));
    folder.write({ 'p.ts': FILE });
    const seen: string[][] = [];
    for (const speed of ['max', 'max', `${Math.max(1, seconds)}x`]) {
      const beganMs = performance.now();
      const { code, stderr } = await folder.run(['run', 'p.ts', '--from', 'recorded', '--speed', speed]);
      expect(code, stderr).to.equal(0);
      const wallMs = performance.now() - beganMs;
      seen.push(await outputs());
      if (process.env['REPLAY_SECONDS'] !== undefined)
        process.stdout.write(`  ${speed}: ${(wallMs / 1000).toFixed(1)} s, ${seen.at(-1)!.length} files\n`);
      rmSync(path('out'), { recursive: true });
    }
    expect(seen[1]).to.deep.equal(seen[0]);
    expect(seen[2]).to.deep.equal(seen[0]);
    const names = seen[0]!.map((output) => output.split(' ')[0]!);
    expect(names).to.include.members(
      ['all', 'buffers', 'windows', 'audited'].map((name) => `${name}.ndjson`),
    );
    // Put aside at the recording's time.
    expect(names.filter((name) => name.startsWith('all.2026-01-01T00-0')).length).to.be.above(1);
  });
});
