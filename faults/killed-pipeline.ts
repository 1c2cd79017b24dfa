// What is killed again and again: events, through a journal where there is one, into a file that has each of them once.
import { dockerEngine, dockerEvents, journaled, ndjsonFile, pipeline } from 'dockrx';

const { FAULTS_ENGINE = '', FAULTS_FILE = '', FAULTS_JOURNAL } = process.env;

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
  ndjsonFile({ path: FAULTS_FILE, exactlyOnce: true }),
);
