import { expect } from 'chai';
import { openLog } from '../../src/cli/log.ts';
import { monitor } from '../../src/cli/monitor.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { publish } from '../../src/core/facts.ts';
import type { FactOf } from '../../src/core/facts.ts';
import type { Run } from '../../src/core/run.ts';
import { mailbox } from '../core/sinks.ts';
import { stage } from './stage.ts';

/** A run that goes on, of one record. */
const endless: Run = {
  pipeline: 'monitored',
  done: new Promise(() => undefined),
  stages: () => [stage('source', { received: 1, delivered: 1 })],
  paused: () => false,
  tap: () => () => undefined,
};

describe('cli: monitor', () => {
  it('shows which trouble a pipeline is in, and when it is out of it', async function () {
    this.timeout(60_000);
    const drawn = mailbox<string>();
    const terminal: Terminal = {
      columns: 200,
      rows: 24,
      above: () => undefined,
      draw: (lines) => drawn.put(lines.join('')),
      close: () => undefined,
    };
    const log = openLog({ level: 'error', human: true, colour: false, write: () => undefined });
    const end = monitor(() => [endless], { log, terminal, colour: false, draining: () => false });
    const after = (stage: string, fact: FactOf): Promise<string> => {
      publish({ pipeline: 'monitored', stage, ...fact });
      return drawn.get();
    };
    const stalled = { type: 'stalled', seconds: 30, inFlight: 1 } as const;
    const retrying = { type: 'retrying', error: new Error('away'), attempt: 1, delayMs: 1 } as const;
    expect(await after('a', retrying)).to.match(/ {2}retrying$/);
    expect(await after('b', stalled)).to.match(/ {2}stalled$/);
    expect(await after('b', retrying)).to.match(/ {2}retrying$/);
    expect(await after('b', stalled)).to.match(/ {2}stalled$/);
    expect(await after('b', { type: 'recovered' })).to.match(/ {2}retrying$/);
    expect(await after('a', { type: 'recovered' })).to.match(/ {2}in flight +0$/);
    end();
  });
});
