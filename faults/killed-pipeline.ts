// What is killed again and again: events, through a journal where there is one, into a file that has each of them once
// and one that counts them.
import { pipe } from 'rxjs';
import { countBy, dockerEngine, dockerEvents, journaled, ndjsonFile, pipeline } from 'dockrx';
import type { DockerEvent, Gap } from 'dockrx';

const { FAULTS_ENGINE = '', FAULTS_FILE = '', FAULTS_COUNTS = '', FAULTS_JOURNAL } = process.env;

const events = dockerEvents({
  engine: dockerEngine({ address: FAULTS_ENGINE, host: 'simulated', headerTimeoutMs: 1000 }),
  labels: ['*'],
  execCommands: 'keep',
});

export default pipeline(
  'killed',
  FAULTS_JOURNAL === undefined
    ? events
    : journaled(events, { dir: FAULTS_JOURNAL, maxBytes: 4 * 1024 * 1024 }),
  [
    ndjsonFile({ path: FAULTS_FILE, exactlyOnce: true }),
    pipe(
      countBy({ labels: ({ type }: DockerEvent | Gap) => ({ type }) }),
      ndjsonFile({ path: FAULTS_COUNTS, exactlyOnce: true }),
    ),
  ],
);
