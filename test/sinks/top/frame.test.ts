import { expect } from 'chai';
import stringWidth from 'string-width';
import { frameOf } from '../../../src/sinks/top/frame.ts';
import type { Frame, View } from '../../../src/sinks/top/frame.ts';
import { itemOf } from '../../../src/sinks/top/happenings.ts';
import { FIRST_SETTINGS } from '../../../src/sinks/top/keys.ts';
import type { Settings } from '../../../src/sinks/top/keys.ts';
import { event, info, NOW, row } from './records.ts';

const FLOW: View['flows'][number] = {
  ...{ name: 'top', state: 'running', received: 9, delivered: 9, dropped: 0, rejected: 0, inFlight: 0 },
  ...{ away: [], lagSeconds: 12.3, rates: { inPerSecond: 12, outPerSecond: 11 } },
};

const view = (more: Partial<View> = {}): View => ({
  ...{ nowMs: NOW, engines: [info(2)], isSimulated: false, rows: [], items: [], flows: [FLOW] },
  ...more,
});

const many = Array.from({ length: 40 }, (_, i) =>
  row(`web-${i}`, { now: { cpuPercent: i, memoryBytes: 2 ** 30, memoryPercent: 96 }, memoryLimit: 2 ** 30 }),
);

const frame = (
  shown: View,
  {
    columns = 220,
    rows = 30,
    colours = false,
    ...settings
  }: Partial<Settings> & {
    readonly columns?: number;
    readonly rows?: number;
    readonly colours?: boolean;
  } = {},
): Frame => frameOf(shown, { ...FIRST_SETTINGS, ...settings }, { columns, rows, colours });

describe('top: a frame', () => {
  it('has a line a row of the terminal, none wider than it, at any size', () => {
    const wide = row('網站-容器-'.repeat(9), { image: '鏡像'.repeat(30), now: { cpuPercent: 99 } });
    const items = [itemOf(event('start', { name: '容器'.repeat(30) }))!];
    for (const columns of [1, 7, 20, 40, 60, 80, 100, 132, 180, 220])
      for (const rows of [5, 9, 10, 12, 24, 60]) {
        const { lines } = frame(view({ rows: [wide, ...many], items }), { columns, rows, colours: true });
        expect(lines).to.have.length(rows);
        for (const line of lines) expect(stringWidth(line), line).to.be.at.most(columns);
      }
  });

  it('shows all of a container where there is room', () => {
    const one = row('web', {
      ...{ health: 'healthy', restarts: 3, memoryLimit: 2 ** 29, isLimited: true },
      now: {
        ...{ cpuPercent: 12.34, memoryBytes: 2 ** 28, memoryPercent: 50, pids: 7 },
        ...{ networkRxBytesPerSecond: 1_024, networkTxBytesPerSecond: 2_048 },
        ...{ blockReadBytesPerSecond: 0, blockWriteBytesPerSecond: 4_096 },
      },
    });
    const { lines } = frame(view({ rows: [one] }));
    expect(lines[1]!.split(/ {2,}/)).to.deep.equal([
      ...['NAME', 'IMAGE', 'PROJECT/SERVICE', 'STATE', 'HEALTH', 'UPTIME', 'RESTARTS', 'CPU %▼'],
      ...['MEMORY', '/ LIMIT', 'USED', 'NET RX/S', 'NET TX/S', 'READ/S', 'WRITE/S', 'PIDS'],
    ]);
    expect(lines[2]!.split(/ {2,}/)).to.deep.equal([
      ...[
        'web',
        'shop/api:2',
        'shop/api',
        'running',
        'healthy',
        '1m 5s',
        '3',
        '12.3',
        '256 MiB',
        '/ 512 MiB',
      ],
      ...['━━━━────', '1.00 KiB', '2.00 KiB', '0 B', '4.00 KiB', '7'],
    ]);
    expect(lines[0]).to.match(
      /^vm docker 28\.5\.2 {2}1 of 1 up {2}cpu 12\.3 % of 4 CPUs {2}memory 256 MiB of 16\.0 GiB/,
    );
    expect(lines[0]).to.match(/\d\d:\d\d:\d\d UTC\S*$/);
  });

  it('keeps name, state, CPU and memory where there is little', () => {
    const { lines } = frame(view({ rows: many }), { columns: 44 });
    expect(lines[1]!.split(/ {2,}/)).to.deep.equal(['NAME', 'STATE', 'CPU %▼', 'MEMORY']);
  });

  it('scrolls, no further than there is something, and says where it is', () => {
    const shown = view({ rows: many });
    const { extent, lines } = frame(shown);
    expect(extent.rows).to.equal(40);
    const rowsOf = ({ lines: all }: Frame): string[] => all.filter((line) => line.startsWith('web-'));
    expect(rowsOf(frame(shown))).to.have.length(extent.page);
    expect(rowsOf(frame(shown))[0]).to.match(/^web-39 /);
    expect(rowsOf(frame(shown, { offset: 3 }))[0]).to.match(/^web-36 /);
    expect(rowsOf(frame(shown, { offset: 999 })).at(-1)).to.match(/^web-0 /);
    expect(lines.join('\n')).to.contain(`1-${extent.page} of 40`);
  });

  it('filters, and says so', () => {
    const text = (settings: Partial<Settings>): string =>
      frame(view({ rows: many }), settings).lines.join('\n');
    expect(text({ filter: 'web-31' }))
      .to.match(/^web-31 /m)
      .and.not.match(/^web-30 /m);
    expect(text({ filter: 'nothing' })).to.contain('no container matches "nothing"');
    expect(text({ filter: 'web', isTyping: true })).to.match(/^\/web▏ {2}40 found/m);
    expect(text({ filter: 'web' })).to.match(/^\/web {2}esc clear/m);
    expect(text({ isPaused: true })).to.match(/PAUSED/);
  });

  it('says why nothing is there', () => {
    const text = (shown: View): string => frame(shown).lines.join('\n');
    expect(text(view())).to.contain('no containers');
    expect(text(view({ engines: [] }))).to.contain('waiting for the engine');
    const away = { engines: [], flows: [{ ...FLOW, away: ['dockerStats'] }], trouble: 'no engine' };
    expect(text(view(away)))
      .to.match(/^no engine$/m)
      .and.contain('away: dockerStats');
  });

  it('gives events the room that containers leave, the newest last, and a quarter at least', () => {
    const items = Array.from({ length: 50 }, (_, i) => itemOf(event('start', { name: `web-${i}` }))!);
    const eventsIn = (rows: View['rows']): string[] =>
      frame(view({ rows, items }), { rows: 40 }).lines.filter((line) => line.includes('  start  '));
    expect(eventsIn(many)).to.have.length(10);
    expect(eventsIn(many.slice(0, 3))).to.have.length(32);
    expect(eventsIn(many).at(-1)).to.contain('web-49');
  });

  it('tells of each pipeline what passes and what is lost', () => {
    const { lines } = frame(view({ flows: [{ ...FLOW, dropped: 4, rejected: 2, state: 'draining' }] }));
    expect(lines.at(-2)).to.equal(
      'top  in 12/s  out 11/s  dropped 4  rejected 2  in flight 0  lag 12s  draining',
    );
  });

  it('uses colours only where there are any', () => {
    const items = [itemOf(event('oom'))!];
    const text = (colours: boolean): string =>
      frame(view({ rows: many, items }), { colours }).lines.join('\n');
    expect(text(false)).not.to.contain('\u001b');
    expect(text(true)).to.contain('\u001b[31mOOM KILL\u001b[0m');
  });

  it('lets nothing that a container is called reach the terminal as a command', () => {
    const bad = row('a\u001b[2Jb', { image: '\u0007\r\n' });
    const items = [itemOf(event('start\u001b]0;x\u0007', { name: '\u009b31m' }))!];
    expect(frame(view({ rows: [bad], items })).lines.join('')).not.to.match(/[\u0000-\u001f\u0080-\u009f]/);
  });
});
