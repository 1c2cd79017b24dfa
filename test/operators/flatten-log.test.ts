import { flattenLog, type FlatLog } from '../../src/operators/flatten-log.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { operatorContract } from '../contracts/operator-contract.ts';

const line: LogLine = {
  kind: 'log-line',
  host: 'engine-1',
  time: '2026-11-22T00:00:00.123456789Z',
  container: {
    id: 'c0ffee',
    name: 'web',
    image: 'bb:1',
    imageId: 'sha256:a34e',
    labels: { 'com.docker.compose.service': 'web' },
  },
  stream: 'stdout',
  text: 'GET / 200',
};
const flat: FlatLog = {
  '@timestamp': '2026-11-22T00:00:00.123456789Z',
  log: 'GET / 200',
  stream: 'stdout',
  container: 'web',
  container_id: 'c0ffee',
  image: 'bb:1',
  image_id: 'sha256:a34e',
  host: 'engine-1',
  'label_com.docker.compose.service': 'web',
};

operatorContract('flattenLog', {
  make: flattenLog,
  input: {
    a: line,
    b: { ...line, stream: 'stderr', text: '', simulated: true },
    c: { ...line, text: 'cut sho', unfinished: true, truncatedBytes: 17 },
  },
  output: {
    a: flat,
    b: { ...flat, stream: 'stderr', log: '', simulated: true },
    c: { ...flat, log: 'cut sho', log_unfinished: true, log_truncatedBytes: 17 },
  },
});
