import { expect } from 'chai';
import { bar, stateText } from '../../../src/sinks/top/columns.ts';
import { itemOf } from '../../../src/sinks/top/happenings.ts';
import { FIRST_SETTINGS, keysIn, press } from '../../../src/sinks/top/keys.ts';
import type { Settings } from '../../../src/sinks/top/keys.ts';
import { plainTable } from '../../../src/sinks/top/plain.ts';
import { changesTo } from '../../../src/sinks/top/screen.ts';
import { count, duration } from '../../../src/sinks/top/units.ts';
import { at, event, facts, NOW, row } from './records.ts';

describe('top: its pieces', () => {
  it('makes what asks for attention stand out', () => {
    const told = (one: Parameters<typeof itemOf>[0]): unknown => {
      const item = itemOf(one);
      return item && [item.what, item.tone, item.subject, item.text];
    };
    expect(told(event('start'))).to.deep.equal(['start', 'good', 'web', 'shop/api:2']);
    expect(told(event('exec_start: sh'))).to.equal(undefined);
    expect(told(event('oom'))).to.include.members(['OOM KILL', 'bad']);
    expect(told(event('die', { exitCode: '143' }))).to.include.members([
      'die',
      'warning',
      'ended with exit code 143',
    ]);
    expect(told(event('die', { exitCode: '1' }))).to.include.members([
      'DIED',
      'bad',
      'ended with exit code 1',
    ]);
    const exit = { code: 137, oomKilled: true, verified: true };
    expect(told(event('die', {}, { exit }))).to.include.members(['OOM KILL', 'bad']);
    expect(told(event('health_status: unhealthy'))).to.include.members(['UNHEALTHY', 'bad']);
    expect(told(event('health_status: healthy'))).to.include.members(['HEALTHY', 'good']);
    expect(told(event('kill', { signal: '15' }))).to.include.members(['kill', 'was sent SIGTERM']);
    const volume = event('destroy', {}, { type: 'volume', id: 'data', attributes: {} });
    expect(told(volume)).to.deep.equal(['destroy', 'quiet', 'data', 'volume']);
    const base = { host: 'vm', time: at(1) };
    const gap = {
      kind: 'gap',
      type: 'gap',
      fromTime: at(9),
      toTime: at(1),
      reason: 'history-overrun',
    } as const;
    expect(told({ ...base, ...gap, atLeast: 7 })).to.include.members(['GAP', 'bad', 'vm']);
    expect(String(told({ ...base, ...gap, atLeast: 7 }))).to.contain('at least 7 events missing');
    expect(told({ ...base, kind: 'oom-kill', process: 'java', evidence: ['kernel'] })).to.deep.equal([
      ...['OOM KILL', 'bad', 'host', 'out of memory: java was killed'],
    ]);
    const { container } = facts('web');
    const loop = { kind: 'crash-loop', since: at(60), deaths: 3, exitCodes: [1, 2], container } as const;
    expect(told({ ...base, ...loop })).to.include.members(['CRASH LOOP', 'bad', 'web']);
    expect(String(told({ ...base, ...loop }))).to.match(/web,failed 3 times in 59 s, exit codes 1, 2$/);
  });

  it('says the state, and what is wrong with it', () => {
    expect(stateText(row('web'))).to.equal('running');
    expect(stateText(row('web', { state: 'exited', exitCode: 3 }))).to.equal('exited 3');
    expect(stateText(row('web', { state: 'exited', isOomKilled: true }))).to.equal('oom killed');
    expect(stateText(row('web', { state: 'restarting', isCrashLooping: true }))).to.equal('crash loop');
  });

  it('draws how full, whole and empty, and that something is used', () => {
    const drawn = (share: number): string =>
      bar(share)
        .map(({ text }) => text)
        .join('');
    expect([0, 0.01, 0.5, 1, 7].map(drawn)).to.deep.equal([
      ...['────────', '━───────', '━━━━────', '━━━━━━━━', '━━━━━━━━'],
    ]);
    expect([0.5, 0.8, 0.95].map((share) => bar(share)[0]!.tone)).to.deep.equal(['good', 'warning', 'bad']);
  });

  it('writes durations and counts short', () => {
    expect([undefined, 0, 59, 61, 3_600, 90_000].map(duration)).to.deep.equal([
      ...['', '0s', '59s', '1m 1s', '1h 0m', '1d 1h'],
    ]);
    expect([0, 0.52, 9.96, 120.4, 9_999.7, 45_200, 7_800_000].map(count)).to.deep.equal([
      ...['0', '0.5', '10', '120', '10.0k', '45.2k', '7.8M'],
    ]);
  });

  it('reads keys, and leaves out what it does not know', () => {
    expect(keysIn('\u001b[Aq\u001b[6~é\u001b[15~\u0001\u001b')).to.deep.equal([
      ...['up', 'q', 'pagedown', 'é', 'escape'],
    ]);
    expect(keysIn('\u0003\r\u007f')).to.deep.equal(['interrupt', 'enter', 'backspace']);
  });

  it('does what a key says', () => {
    const extent = { rows: 30, page: 10 };
    const pressed = (text: string, from: Settings = FIRST_SETTINGS): Settings | undefined =>
      keysIn(text).reduce<Settings | undefined>((now, key) => now && press(now, key, extent), from);
    expect(pressed('q')).to.equal(undefined);
    expect(pressed('/q')).to.include({ filter: 'q', isTyping: true });
    expect(pressed('/q\u0003')).to.equal(undefined);
    expect(pressed('/webb\u007f\r')).to.include({ filter: 'web', isTyping: false });
    expect(pressed('/web\r\u001b')).to.include({ filter: '' });
    expect(pressed('/web\u001b')).to.include({ filter: '', isTyping: false });
    expect(pressed('m')!.sort).to.deep.equal({ by: 'memory', descending: true });
    expect(pressed('mm')!.sort).to.deep.equal({ by: 'memory', descending: false });
    expect(pressed('mma')!.sort).to.deep.equal({ by: 'name', descending: false });
    expect(pressed('p')).to.include({ isPaused: true });
    expect(pressed('pp')).to.include({ isPaused: false });
    const offset = (text: string): number => pressed(text)!.offset;
    expect(offset('\u001b[B\u001b[B\u001b[A')).to.equal(1);
    expect(offset('\u001b[A')).to.equal(0);
    expect(offset('\u001b[6~\u001b[6~\u001b[6~')).to.equal(20);
    expect(offset('\u001b[F\u001b[5~')).to.equal(10);
    expect(offset('\u001b[Fn')).to.equal(0);
  });

  it('prints a table whose cells have no spaces and are never empty', () => {
    const now = { cpuPercent: 1.25, memoryBytes: 2_048, memoryPercent: 50 };
    const rows = [row('web', { now, memoryLimit: 4_096 }), row('a b', { state: 'exited', exitCode: 3 })];
    const lines = plainTable(rows, NOW).split('\n');
    expect(lines.pop()).to.equal('');
    const cells = lines.map((line) => line.split(/ +/));
    expect(new Set(cells.map(({ length }) => length)).size, lines.join('\n')).to.equal(1);
    const named = cells
      .slice(1)
      .map((line) => Object.fromEntries(cells[0]!.map((name, i) => [name, line[i]])));
    expect(named[0]).to.include({ NAME: 'ab', STATE: 'exited', EXIT: '3', UPTIME: '-', 'CPU%': '-' });
    expect(named[1]).to.include({ NAME: 'web', UPTIME: '1m5s', 'CPU%': '1.3', MEMORY: '2.00KiB' });
    expect(named[1]).to.include({ LIMIT: '4.00KiB', 'MEM%': '50.0', 'RX/S': '-', HEALTH: '-' });
  });

  it('draws only lines that have changed, and all of a new screen', () => {
    expect(changesTo(['a', 'b'], undefined)).to.equal('\u001b[2J\u001b[1;1H\u001b[Ka\u001b[2;1H\u001b[Kb');
    expect(changesTo(['a', 'c'], ['a', 'b'])).to.equal('\u001b[2;1H\u001b[Kc');
    expect(changesTo(['a'], ['a'])).to.equal('');
  });
});
