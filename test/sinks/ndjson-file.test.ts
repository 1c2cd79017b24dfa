import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ndjsonFile } from '../../src/sinks/ndjson-file.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { parsed, temporaryFolder, textsOf } from './ndjson-file/folders.ts';

describe('ndjsonFile', () => {
  const folder = temporaryFolder();

  sinkContract('ndjsonFile', () => {
    const path = join(folder(), 'records.ndjson');
    return {
      make: (queue) => ndjsonFile({ path, ...(queue && { queue }) }),
      read: async () => parsed(await readFile(path, 'utf8').catch(() => '')),
    };
  });

  sinkContract('ndjsonFile with everything it can do', () => {
    const base = join(folder(), 'base');
    return {
      make: (queue) =>
        ndjsonFile({
          path: join(base, '{date}-records.ndjson'),
          rotate: { bytes: 1000, everyMs: 3_600_000 },
          compress: 'gzip',
          keep: { ms: 3_600_000, files: 1000, bytes: 1e9 },
          fsync: { everyMs: 1000 },
          ...(queue && { queue }),
        }),
      read: async () => (await textsOf(base, 'unknown-records.ndjson')).flatMap(parsed),
    };
  });
});
