import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ndjsonFile } from '../../src/sinks/ndjson-file.ts';
import { sinkContract } from '../contracts/sink-contract.ts';
import { parsed, temporaryFolder } from './ndjson-file/folders.ts';

describe('ndjsonFile', () => {
  const folder = temporaryFolder();

  sinkContract('ndjsonFile', () => {
    const path = join(folder(), 'records.ndjson');
    return {
      make: (queue) => ndjsonFile({ path, ...(queue && { queue }) }),
      read: async () => parsed(await readFile(path, 'utf8').catch(() => '')),
    };
  });
});
