import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { createReadStream, renameSync, statSync } from 'node:fs';
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
  ndjsonFile({ path: 'all.ndjson' }),
  pipe(bufferTime(10_000), map((all) => all.length), timestamp(), ndjsonFile({ path: 'buffers.ndjson' })),
  pipe(
    filter((record) => record.kind === 'container-stats'),
    windowBy({ labels: ({ container }) => ({ name: container.name }), windowMs: 10_000, initial: 0, add: (most, { derived }) => Math.max(most, derived.cpuPercent ?? 0) }),
    ndjsonFile({ path: 'windows.ndjson' }),
  ),
  pipe(filter((record) => record.kind !== 'container-stats'), auditTime(1_500), timestamp(), ndjsonFile({ path: 'audited.ndjson' })),
]);
`;
const OUTPUTS = ['all', 'buffers', 'windows', 'audited'].map((name) => `${name}.ndjson`);

describe(`a replay of ${seconds} s with ${containers} containers`, function () {
  this.timeout(3_600_000);
  const folder = useFolder();
  const path = (name: string): string => join(folder.path, name);
  const hashOf = async (name: string): Promise<string> => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path(name)), hash);
    return hash.digest('hex');
  };

  it('comes out byte for byte the same each time, at once and at a speed', async () => {
    const info = infoOf(START, START + seconds * 1000, ['dockerEvents', 'dockerStats']);
    await writeRecording(path('recorded'), info, simulatedTime({ startMs: START, seconds, containers }));
    folder.write({ 'p.ts': FILE });
    const seen: string[][] = [];
    for (const speed of ['max', 'max', `${Math.max(1, seconds)}x`]) {
      const beganMs = performance.now();
      const { code, stderr } = await folder.run(['run', 'p.ts', '--from', 'recorded', '--speed', speed]);
      expect(code, stderr).to.equal(0);
      const wallMs = performance.now() - beganMs;
      if (process.env['REPLAY_SECONDS'] !== undefined)
        process.stdout.write(
          `  ${speed}: ${(wallMs / 1000).toFixed(1)} s, ${statSync(path('all.ndjson')).size} bytes\n`,
        );
      seen.push(await Promise.all(OUTPUTS.map(hashOf)));
      for (const name of OUTPUTS) renameSync(path(name), path(`${seen.length}-${name}`));
    }
    expect(seen[1]).to.deep.equal(seen[0]);
    expect(seen[2]).to.deep.equal(seen[0]);
    for (const name of OUTPUTS) expect(statSync(path(`1-${name}`)).size, name).to.be.above(100);
  });
});
