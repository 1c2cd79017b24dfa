import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rawReadings, statsCaptures } from '../../captures.ts';
import { reference } from './reference.ts';

/** One golden file an engine, with the second reading of some of its captures: to read, and to compare with. */
const CASES = ['mem-limit', 'net-traffic', 'block-io', 'block-io-two-devices', 'pids-unlimited', 'host-net'];

export const ENGINES = [
  'docker-20.10-cgroupv1',
  'docker-26.1-cgroupv2',
  'docker-28.5-cgroupv2',
  'docker-28.5-cgroupv2-cgroupfs',
  'podman-4.3.1-cgroupv1',
  'podman-5.8-cgroupv2',
] as const;

const cases = (engine: string): readonly string[] => CASES.map((name) => `/stats-${name}.${engine}.ndjson`);

export const goldenPath = (engine: string): string => `golden/flat-stats.${engine}.ndjson`;

/** The readings a golden file was made of. */
export const goldenReadings = (engine: string): ReturnType<typeof rawReadings> =>
  statsCaptures()
    .filter((path) => cases(engine).some((name) => path.endsWith(name)))
    .map((path) => rawReadings(path)[1]!);

/** `node --import=tsx test/operators/flatten-stats/golden.ts` writes them anew. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const engine of ENGINES) {
    const lines = goldenReadings(engine).map((raw) => `${JSON.stringify(reference(raw))}\n`);
    writeFileSync(new URL(`../../fixtures/${goldenPath(engine)}`, import.meta.url), lines.join(''));
  }
}
