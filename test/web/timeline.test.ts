import { expect } from 'chai';
import { createCrashLoops, filterItems, itemOf } from '../../web/src/model/timeline.ts';
import type { Category } from '../../web/src/model/timeline.ts';
import { at, event, NOON } from './records.ts';

const die = (seconds: number, code: number, change: object = {}) =>
  event('a', 'die', seconds, { exit: { code, verified: true }, ...change });

describe('web: timeline', () => {
  const lines: readonly (readonly [object, string, string, string])[] = [
    [event('a', 'start', 0), 'up', 'containers', 'started'],
    [event('a', 'oom', 0), 'oom', 'trouble', 'out of memory: a process was killed'],
    [die(0, 0), 'down', 'containers', 'ended with exit code 0'],
    [die(0, 143), 'down', 'containers', 'ended with exit code 143'],
    [die(0, 2), 'failed', 'trouble', 'ended with exit code 2'],
    [
      die(0, 137, { exit: { code: 137, oomKilled: true, verified: true } }),
      ...(['oom', 'trouble', 'out of memory: ended with exit code 137'] as const),
    ],
    [
      event('a', 'die', 0, { attributes: { name: 'a', exitCode: '5' } }),
      'failed',
      'trouble',
      'ended with exit code 5',
    ],
    [event('a', 'die', 0, { exit: { verified: false } }), 'down', 'containers', 'ended'],
    [event('a', 'health_status: unhealthy', 0), 'unhealthy', 'trouble', 'became unhealthy'],
    [event('a', 'health_status: healthy', 0), 'healthy', 'containers', 'became healthy'],
    [
      event('a', 'kill', 0, { attributes: { name: 'a', signal: '15' } }),
      'plain',
      'containers',
      'was sent SIGTERM',
    ],
    [event('a', 'destroy', 0), 'down', 'containers', 'removed'],
    [event('a', 'exec_create: sh', 0), 'exec', 'execs', 'exec create: sh'],
    [event('a', 'pull', 0, { type: 'image' }), 'plain', 'other', 'image pull'],
  ];
  for (const [one, mark, category, text] of lines)
    it(`tells “${text}”`, () => {
      expect(itemOf(one as never)).to.include({ mark, category, text, subject: 'a', atMs: NOON });
    });

  it('tells a gap with what is missing, and between when', () => {
    const gap = { kind: 'gap', type: 'gap', host: 'h', time: at(9), fromTime: at(0), toTime: at(5) } as const;
    const item = itemOf({ ...gap, reason: 'history-overrun', atLeast: 12 });
    expect(item).to.include({ mark: 'gap', category: 'trouble', containerId: undefined });
    expect(item.text).to.match(/^at least 12 events missing, \d\d:\d\d:00 to \d\d:\d\d:05: history overrun$/);
    expect(itemOf({ ...gap, reason: 'engine-restarted', atLeast: 0 }).text).to.match(
      /^events may be missing, /,
    );
  });

  it('notices a crash loop at the third failure within five minutes, once', () => {
    const loops = createCrashLoops();
    const told = [0, 10, 70, 80].map((seconds) => loops.take(die(seconds, 1))?.text);
    expect(told).to.deep.equal([
      undefined,
      undefined,
      'failed 3 times in 1 min 10 s, exit code 1',
      undefined,
    ]);
    expect(loops.isLooping('id-of-a', NOON + 90_000)).to.equal(true);
    expect(loops.isLooping('id-of-a', NOON + 400_000)).to.equal(false);
    loops.take(event('a', 'destroy', 91));
    expect(loops.isLooping('id-of-a', NOON + 92_000)).to.equal(false);
  });

  it('takes neither rare failures nor ends that were asked for as a crash loop', () => {
    const loops = createCrashLoops();
    const all = [0, 200, 400, 600].map((seconds) => die(seconds, 1));
    const asked = [700, 701, 702, 703].map((seconds) => die(seconds, 143, { id: 'other' }));
    expect([...all, ...asked].map((one) => loops.take(one))).to.deep.equal(Array(8).fill(undefined));
  });

  it('is filtered by kind and by words', () => {
    const items = lines.map(([one]) => itemOf(one as never));
    const count = (categories: readonly Category[], text = ''): number =>
      filterItems(items, { categories: new Set(categories), text }).length;
    expect(count([])).to.equal(0);
    expect(count(['execs'])).to.equal(1);
    expect(count(['trouble', 'containers', 'other', 'execs'])).to.equal(lines.length);
    expect(count(['trouble', 'containers'], 'A code')).to.equal(5);
    expect(count(['trouble'], 'nothing')).to.equal(0);
  });
});
