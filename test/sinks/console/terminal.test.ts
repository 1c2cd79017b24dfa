import { expect } from 'chai';
import fc from 'fast-check';
import { from } from 'rxjs';
import stringWidth from 'string-width';
import { flattenEvent } from '../../../src/operators/flatten-event.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import { console as consoleSink } from '../../../src/sinks/console.ts';
import { listen } from '../../contracts/listen.ts';

interface Look {
  readonly columns?: number;
  readonly colours?: boolean;
}

/** What a terminal is given, as lines. */
async function shown(
  records: readonly unknown[],
  { columns = 200, colours = false }: Look = {},
): Promise<string[]> {
  let text = '';
  const stream = {
    isTTY: true,
    columns,
    hasColors: () => colours,
    write: (more: string, done: () => void) => {
      text += more;
      setImmediate(done);
    },
    on: () => undefined,
    off: () => undefined,
  };
  await listen(consoleSink({ stream }), from(records)).end;
  expect(text === '' || text.endsWith('\n')).to.equal(true);
  return text.split('\n').slice(0, -1);
}

const event = (action: string, attributes: Record<string, string>, id = 'ab'.repeat(32)): unknown => ({
  kind: 'docker-event',
  host: 'engine-1',
  time: '2026-11-22T01:02:03.123456789Z',
  timeNano: '1795309323123456789',
  type: 'container',
  action,
  id,
  attributes,
  scope: 'local',
});

const reading = (name: string, derived?: Record<string, number>): unknown => ({
  kind: 'container-stats',
  host: 'engine-1',
  engine: 'docker',
  time: '2026-11-22T01:02:03.5Z',
  container: { id: 'x', name, image: 'nginx', imageId: 'y', labels: {} },
  stats: { pids_stats: { current: 7 }, memory_stats: { usage: 512 * 1024, limit: 1024 * 1024 } },
  ...(derived && { derived }),
});

describe('console on a terminal', () => {
  it('shows events in columns', async () => {
    const lines = await shown([
      event('start', { name: 'web', image: 'nginx' }),
      event('die', { name: 'web', image: 'nginx', exitCode: '137', signal: '9' }),
      event('connect', {}),
    ]);
    expect(lines).to.deep.equal([
      'TIME          TYPE       ACTION    NAME              IMAGE             HOST      ATTRIBUTES',
      '01:02:03.123  container  start     web               nginx             engine-1',
      '01:02:03.123  container  die       web               nginx             engine-1  exitCode=137 signal=9',
      '01:02:03.123  container  connect   abababababab                        engine-1',
    ]);
  });

  it('shows flattened events alike', async () => {
    const attributes = { name: 'web', image: 'nginx', exitCode: '0' };
    const flat = {
      '@timestamp': '2026-11-22T01:02:03.123456789Z',
      event_Type: 'container',
      event_Action: 'die',
      event_Actor: { ID: 'ab'.repeat(32), Attributes: attributes },
      host: 'engine-1',
    };
    expect(await shown([flat])).to.deep.equal(await shown([event('die', attributes)]));
  });

  const gap = {
    kind: 'gap',
    type: 'gap',
    host: 'engine-1',
    time: '2026-11-22T01:02:03.123456789Z',
    fromTime: '2026-11-22T01:00:00.000000000Z',
    toTime: '2026-11-22T01:02:00.500000000Z',
    reason: 'history-overrun',
    atLeast: 3,
  } as const;

  it('shows a gap among the events, flattened too, and what was worked out', async () => {
    const worked = { ...(event('die', { name: 'web', image: 'nginx' }) as object), synthetic: true };
    const lines = await shown([gap, worked]);
    expect(lines).to.deep.equal([
      'TIME          TYPE       ACTION           NAME                IMAGE             HOST      ATTRIBUTES',
      '01:02:03.123  gap        history-overrun  at least 3 missing                    engine-1  from=01:00:00.000 to=01:02:00.500',
      '01:02:03.123  container  die              web                 nginx             engine-1  synthetic',
    ]);
    const flat: unknown[] = [];
    from([gap, worked as DockerEvent])
      .pipe(flattenEvent())
      .subscribe((record) => flat.push(record));
    expect(await shown(flat)).to.deep.equal(lines);
  });

  it('makes a gap stand out where there are colours', async () => {
    const [, line] = await shown([gap], { colours: true });
    expect(line).to.contain('\u001b[31mhistory-overrun').and.contain('\u001b[31mgap');
  });

  it('shows readings with what has been derived, and blanks for what is not known', async () => {
    const derived = {
      cpuPercent: 12.34,
      memoryBytes: 400 * 1024 * 1024,
      memoryPercent: 95,
      networkRxBytesPerSecond: 1023.6,
      networkTxBytesPerSecond: 0,
      blockReadBytesPerSecond: 10 * 1024,
      blockWriteBytesPerSecond: 999.4,
      pids: 12,
    };
    expect(await shown([reading('web'), reading('db', derived)])).to.deep.equal([
      'TIME          CONTAINER          CPU %       MEM  MEM %  NET RX/S  NET TX/S    READ/S   WRITE/S   PIDS  HOST',
      '01:02:03.5    web                        512 KiB   50.0                                              7  engine-1',
      '01:02:03.5    db                  12.3   400 MiB   95.0  1.00 KiB       0 B  10.0 KiB     999 B     12  engine-1',
    ]);
  });

  it('shows flattened readings alike', async () => {
    const flat = {
      '@timestamp': '2026-11-22T01:02:03.5Z',
      container: 'web',
      host: 'engine-1',
      cpu_total_usage: 1,
      memory_working_set: 512 * 1024,
      memory_percent: 50,
      pids_current: 7,
    };
    expect(await shown([flat])).to.deep.equal(await shown([reading('web')]));
  });

  it('shows any other record by its fields, the time first, and what is no record as it is', async () => {
    const lines = await shown([
      { event: 'die', count: 12, time: '2026-11-22T01:02:03Z', labels: { a: 1 }, none: null },
      { event: 'start', count: 5, time: 'this noon', labels: {}, none: null },
      'text',
      [1, 2],
    ]);
    expect(lines).to.deep.equal([
      'TIME      event  count  labels   none',
      '01:02:03  die    12     {"a":1}',
      'this noon  start  5      {}',
      'VALUE',
      '"text"',
      '[1,2]',
    ]);
  });

  it('lets columns grow and never shrink', async () => {
    const lines = await shown([
      { a: 'x', b: 1 },
      { a: 'xxxxxx', b: 2 },
      { a: 'y', b: 3 },
    ]);
    expect(lines).to.deep.equal(['a  b', 'x  1', 'xxxxxx  2', 'y       3']);
  });

  it('cuts what is too long for its column with …', async () => {
    const lines = await shown([event('start', { name: 'n'.repeat(50), image: 'nginx' })]);
    expect(lines[1]).to.equal(
      `01:02:03.123  container  start     ${'n'.repeat(29)}…  nginx             engine-1`,
    );
  });

  it('counts characters by the columns they take', async () => {
    const lines = await shown(['コンテナ', 'é', 'e\u0301', '👩‍👩‍👧‍👦'].map((a) => ({ a, b: '|' })));
    expect(lines.slice(1).map((line) => stringWidth(line.slice(0, line.indexOf('|'))))).to.deep.equal([
      10, 10, 10, 10,
    ]);
  });

  it('lets nothing of a record reach the terminal that would move it', async () => {
    const lines = await shown([event('start', { name: 'a\u001b[2Jb\r\nc\u202ed', image: '\u009b31m' })]);
    expect(lines).to.have.length(2);
    expect(lines[1]).to.include('a·[2Jb··c·d').and.include('·31m');
  });

  it('has colours only where the terminal has them', async () => {
    const records = [event('oom', { name: 'web', image: 'nginx' })];
    const plain = await shown(records);
    const coloured = await shown(records, { colours: true });
    expect(plain.join('\n')).not.to.include('\u001b');
    expect(coloured[1]).to.include('\u001b[31moom     \u001b[0m');
    expect(coloured.map((line) => line.replaceAll(/\u001b\[\d+m/g, '').trimEnd())).to.deep.equal(plain);
  });

  it('rejects what has no text and goes on', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    expect(await shown([circular, { big: 1n }, undefined, { a: 1 }])).to.deep.equal(['a', '1']);
  });

  it('never writes a line wider than the terminal, whatever the records hold', async () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.jsonValue());
    const record = fc.oneof(
      fc.dictionary(fc.string({ unit: 'binary' }), cell),
      fc
        .record({ name: fc.string({ unit: 'grapheme' }), image: fc.string() })
        .map((attributes) => event('start', attributes)),
      fc.string().map((name) => reading(name)),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 8 }),
        fc.integer({ min: 1, max: 120 }),
        async (records, columns) => {
          const lines = await shown(records, { columns });
          expect(lines.length).to.be.within(records.length, 2 * records.length);
          for (const line of lines) {
            expect(stringWidth(line)).to.be.at.most(columns);
            expect(line).not.to.match(/\p{Cc}/u);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
