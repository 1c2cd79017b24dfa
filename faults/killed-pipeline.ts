// What is killed again and again: events into a file that has each of them once.
import { dockerEngine, dockerEvents, ndjsonFile, pipeline } from 'dockrx';

const { FAULTS_ENGINE = '', FAULTS_FILE = '' } = process.env;

export default pipeline(
  'killed',
  dockerEvents({
    engine: dockerEngine({ address: FAULTS_ENGINE, host: 'simulated', headerTimeoutMs: 1000 }),
    labels: ['*'],
    execCommands: 'keep',
  }),
  ndjsonFile({ path: FAULTS_FILE, exactlyOnce: true }),
);
