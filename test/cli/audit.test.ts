import { expect } from 'chai';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { auditTable } from '../../src/cli/audit-table.ts';
import { LINES_SINK, logLines, PROGRAM, useFolder } from './program.ts';
import type { Outcome } from './program.ts';
import { screenAfter, startOnTerminal } from './screen.ts';
import { stage } from './stage.ts';

/** Ten records, of which an operator that says it counts loses one when it leaks. */
const tenRecords = (loses: number): string => `
import { dedupe, defineOperator, from, pipeline } from 'dockrx';
import { filter, map, pipe, range } from 'rxjs';
import { lines } from './lines.ts';
const operator = defineOperator<number, number>(function leaky(records) {
  return records.pipe(filter((n) => n !== ${loses}));
});
const odd = pipe(filter((n: number) => n % 2 === 1), lines('odd.out'));
export default pipeline('a', range(1, 10), operator, map((n) => n % 8), dedupe({ key: (n) => n }), [lines('all.out'), odd]);
`;

describe('cli: run --audit', () => {
  const folder = useFolder();
  beforeEach(() =>
    folder.write({ 'lines.ts': LINES_SINK, 'whole.ts': tenRecords(0), 'leaky.ts': tenRecords(7) }),
  );
  const audited = ({ stderr }: Outcome): readonly (readonly unknown[])[] =>
    logLines(stderr)
      .filter(({ msg }) => msg === 'audited')
      .map((line) =>
        ['stage', 'received', 'delivered', 'filtered', 'deduplicated', 'balance', 'exact'].map(
          (k) => line[k],
        ),
      );

  it('tells what became of every record at every stage, and exits 0 when none is missing', async () => {
    const outcome = await folder.run(['run', '--audit', 'whole.ts']);
    expect(outcome.code, outcome.stderr).to.equal(0);
    expect(audited(outcome)).to.deep.equal([
      ['observable', 10, 10, 0, 0, 0, true],
      ['leaky', 10, 10, 0, 0, 0, true],
      ['operator-2', 10, 10, 0, 0, 0, false],
      ['dedupe', 10, 8, 0, 2, 0, true],
      ['lines', 8, 8, 0, 0, 0, true],
      ['sink-2', 8, 4, 4, 0, 0, false],
    ]);
    expect(logLines(outcome.stderr).filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('says which stage does not balance and by how much, and exits 4', async () => {
    const outcome = await folder.run(['run', '--audit', '--quiet', 'leaky.ts']);
    expect({ code: outcome.code, stdout: outcome.stdout }).to.deep.equal({ code: 4, stdout: '' });
    expect(logLines(outcome.stderr)).to.have.lengthOf(1);
    expect(logLines(outcome.stderr)[0]).to.include({
      level: 'error',
      pipeline: 'a',
      where: 'leaky',
      missing: 1,
      msg: 'the books do not balance: leaky: records missing: 1',
    });
  });

  it('says nothing of it without the flag', async () => {
    const { code, stderr } = await folder.run(['run', 'leaky.ts']);
    expect(code).to.equal(0);
    expect(stderr).to.not.contain('audit').and.not.contain('balance');
  });

  it('exits 1 when a pipeline failed, whether or not it balances', async () => {
    folder.write({
      'bad.ts': tenRecords(7).replace('n % 8)', '{ if (n === 9) throw new Error("no"); return n; })'),
    });
    const { code, stderr } = await folder.run(['run', '--audit', 'bad.ts']);
    expect(code, stderr).to.equal(1);
    expect(stderr).to.contain('leaky: records missing: 1');
  });

  it('draws a table on a terminal', async () => {
    const { done } = startOnTerminal(
      [process.execPath, PROGRAM, 'run', '--audit', 'whole.ts'],
      { columns: 120, rows: 24 },
      folder.path,
      { NO_COLOR: '1' },
    );
    const { code, stdout } = await done;
    expect(code, stdout).to.equal(0);
    const screen = screenAfter(stdout).join('\n');
    expect(screen).to.contain(
      [
        'a             received  delivered  filtered  deduplicated  rejected  dropped  in flight  balance',
        '  observable        10         10         0             0         0        0          0        0',
        '  leaky             10         10         0             0         0        0          0        0',
        '  operator-2        10         10         0             0         0        0          0        ~',
        '  dedupe            10          8         0             2         0        0          0        0',
        '  lines              8          8         0             0         0        0          0        0',
        '  sink-2             8          4         4             0         0        0          0        ~',
      ].join('\n'),
    );
  });

  it('names reasons in the table, and has further columns where there is something in them', () => {
    const table = auditTable('p', [
      stage('source', { received: 1200, delivered: 1190, rejected: { bad: 7 }, dropped: { a: 1, b: 2 } }),
      stage('operator', { received: 1190, added: 3, delivered: 3, aggregated: 1190, inFlight: 1 }),
    ]);
    expect(table.split('\n')).to.deep.equal([
      'p           received  added  delivered  filtered  deduplicated  aggregated   rejected       dropped  in flight  balance',
      '  source       1,200      0      1,190         0             0           0  7 (bad 7)  3 (a 1, b 2)          0        0',
      '  operator     1,190      3          3         0             0       1,190          0             0          1       -1',
      '',
    ]);
  });

  describe('--engine-metrics', () => {
    let metrics: Server | undefined;
    afterEach(() => metrics?.close());
    const serve = async (status: number, body: string): Promise<string> => {
      metrics = createServer((_, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
      await new Promise((resolve) => metrics!.once('listening', resolve));
      return `http://127.0.0.1:${(metrics.address() as AddressInfo).port}/metrics`;
    };
    const events = `
import { console, dockerEvents, pipeline } from 'dockrx';
export default pipeline('events', dockerEvents(), console());
`;

    it('refuses what is no address of metrics, before anything is run', async () => {
      folder.write({ 'events.ts': events });
      const given = async (url: string): Promise<string> => {
        const { code, stdout, stderr } = await folder.run(['run', '--engine-metrics', url, 'events.ts']);
        expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
        return stderr;
      };
      expect(await given('localhost:9323')).to.contain('It must be like http://127.0.0.1:9323/metrics.');
      const url = await serve(404, '');
      expect(await given(url)).to.equal(
        `cannot read the engine's metrics at ${url} (it answered 404): dockerd serves them where its metrics-addr says\n`,
      );
      metrics?.close();
      expect(await given(url)).to.contain('ECONNREFUSED');
      expect(await given(await serve(200, 'up 1\n'))).to.contain('(it has no engine_daemon_events_total)');
    });

    it('refuses pipelines that do not receive every event', async () => {
      folder.write({
        'events.ts': events.replace('dockerEvents()', "dockerEvents({ filters: { type: ['image'] } })"),
      });
      const outcome = await folder.run(['run', '--engine-metrics', 'http://127.0.0.1:1', 'events.ts']);
      expect(outcome).to.deep.equal({
        code: 2,
        stdout: '',
        stderr:
          '--engine-metrics: no pipeline has a source that receives every event: dockerEvents() without filters\n',
      });
    });
  });
});
