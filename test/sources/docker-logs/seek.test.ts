import { expect } from 'chai';
import fc from 'fast-check';
import type { Json } from '../../../src/core/types.ts';
import type { Line } from '../../../src/sources/docker-logs/line-joiner.ts';
import { markBehind, type LogState } from '../../../src/sources/docker-logs/log-state.ts';
import { logsPlace } from '../../../src/sources/docker-logs/place.ts';
import { recentTimes } from '../../../src/sources/docker-logs/recent-times.ts';
import { EVER, seeker, sinceFor, type Finding } from '../../../src/sources/docker-logs/seek.ts';
import { at } from './lines.ts';

const line = (time: string, text: string, stream: Line['stream'] = 'stdout'): Line => ({
  stream,
  time,
  text,
  isUnfinished: false,
  truncatedBytes: 0,
});
const fresh = (): LogState => ({ name: 'web', run: at(0), isRead: false, marks: {} });
const pass = (state: LogState, { stream, time, text }: Line): void => {
  state.marks[stream] = markBehind(state.marks[stream], time, text);
};
/** As a checkpoint would keep it. */
const kept = (state: LogState): LogState => {
  const [one, other] = [logsPlace(), logsPlace()];
  one.from = EVER;
  one.logs.set('id', state);
  other.cursor.restore(JSON.parse(JSON.stringify(one.cursor.read())) as Json);
  return other.logs.get('id')!;
};
const found = (state: LogState, lines: readonly Line[]): readonly Finding[] => lines.map(seeker(kept(state)));

describe('what of a log has been read', () => {
  it('is known up to the last line, and what follows is new, also where it is its equal', () => {
    const state = fresh();
    const lines = ['a', 'b', 'b', 'b', 'c'].map((text) => line(at(1), text));
    lines.slice(0, 3).forEach((each) => pass(state, each));
    expect(found(state, lines)).to.deep.equal(['known', 'known', 'known', 'new', 'new']);
  });

  it('is found by its text where lines of that time have been thrown away', () => {
    const state = fresh();
    const lines = ['a', 'b', 'c', 'd'].map((text) => line(at(1), text));
    lines.slice(0, 3).forEach((each) => pass(state, each));
    // An end of a line that began before is one more of that time.
    expect(found(state, [line(at(1), 'rest'), ...lines])).to.deep.equal(
      ['known', 'known', 'known', 'known', 'new'], // prettier-ignore
    );
  });

  it('is found by its place where its text was torn, and lines before are still there', () => {
    const state = fresh();
    const lines = [line(at(0), 'x'), ...['a', 'b', 'c', 'd', 'e'].map((text) => line(at(1), text))];
    lines.slice(0, 3).forEach((each) => pass(state, each));
    pass(state, line(at(1), ''));
    expect(found(state, lines)).to.deep.equal(['known', 'known', 'known', 'known', 'new', 'new']);
  });

  it('is known of each stream for itself, though the later has the earlier time', () => {
    const state = fresh();
    pass(state, line(at(5), 'out'));
    const late = line(at(4), 'err', 'stderr');
    expect(found(state, [line(at(5), 'out'), late, line(at(6), 'next')])).to.deep.equal([
      'known',
      'new',
      'new',
    ]);
    pass(state, late);
    expect(found(state, [line(at(5), 'out'), late, line(at(6), 'next')])).to.deep.equal([
      'known',
      'known',
      'new',
    ]);
  });

  it('is cut, once, where the last line is no longer there', () => {
    const state = fresh();
    pass(state, line(at(5), 'last'));
    expect(found(state, [line(at(7), 'x'), line(at(8), 'y')])).to.deep.equal(['cut', 'new']);
    expect(found(state, [line(at(5), 'other'), line(at(8), 'y')])).to.deep.equal(['known', 'cut']);
    expect(found(fresh(), [line(at(7), 'x')])).to.deep.equal(['new']);
  });

  it('is found where the clock was set back', () => {
    const state = fresh();
    const lines = [line(at(0, 50), 'a'), line(at(0, 10), 'b'), line(at(0, 11), 'c'), line(at(0, 12), 'd')];
    lines.slice(0, 3).forEach((each) => pass(state, each));
    expect(found(state, lines)).to.deep.equal(['known', 'known', 'known', 'new']);
  });

  it('is asked for from a second before its last line on', () => {
    expect(sinceFor(undefined, EVER)).to.equal(undefined);
    expect(sinceFor(undefined, at(7))).to.equal('1795773600.000000007');
    const state = fresh();
    pass(state, line(at(7, 3), 'out'));
    pass(state, line(at(9, 2), 'err', 'stderr'));
    expect(sinceFor(state, EVER)).to.equal('1795773602.000000007');
  });

  it('divides any log anywhere into what is known and what is new', () => {
    const drawn = fc.array(
      fc.record({
        step: fc.nat({ max: 2 }),
        text: fc.constantFrom('a', 'b', 'x'.repeat(100)),
        err: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(drawn, fc.nat(), (steps, cut) => {
        let nanos = 0;
        const lines = steps.map(({ step, text, err }) =>
          line(at((nanos += step)), text, err ? 'stderr' : 'stdout'),
        );
        const read = cut % (lines.length + 1);
        const state = fresh();
        lines.slice(0, read).forEach((each) => pass(state, each));
        expect(found(state, lines)).to.deep.equal(lines.map((_, i) => (i < read ? 'known' : 'new')));
      }),
    );
  });
});

describe('the place of dockerLogs', () => {
  it('keeps no text of a line but a short one', () => {
    const state = fresh();
    pass(state, line(at(1), 'secret '.repeat(100)));
    const place = logsPlace();
    expect(place.cursor.read()).to.equal(undefined);
    place.from = EVER;
    place.logs.set('id', state);
    const text = JSON.stringify(place.cursor.read());
    expect(text).to.not.contain('secret');
    expect(text.length).to.be.below(300);
  });

  it('refuses what is none', () => {
    const right = { from: EVER, logs: {} };
    const wrong = [
      ...[null, 7, [], {}, { ...right, from: 'now' }, { ...right, logs: [] }, { ...right, logs: { id: 7 } }],
      { ...right, logs: { id: { name: 'web', run: at(0), stdout: { time: at(1), count: 'x', text: '' } } } },
    ];
    for (const place of wrong)
      expect(() => logsPlace().cursor.restore(place)).to.throw('dockerLogs: what was kept is not');
  });
});

describe('recentTimes', () => {
  const times = (...nanos: readonly number[]): readonly string[] => nanos.map((n) => at(n));
  const told = (max: number, ...nanos: readonly number[]): ReturnType<typeof recentTimes> => {
    const recent = recentTimes(max);
    for (const time of times(...nanos)) recent.push('stdout', time);
    return recent;
  };

  it('finds how many the engine has more, and takes them for told', () => {
    const recent = told(10, 1, 2, 5, 6);
    expect(recent.missing('stdout', times(2, 3, 4, 5, 6))).to.equal(2);
    expect(recent.missing('stdout', times(2, 3, 4, 5, 6))).to.equal(0);
    expect(recent.missing('stderr', times(1, 2))).to.equal(0);
  });

  it('compares only what it still has, and counts lines of one time', () => {
    expect(told(10, 4, 5).missing('stdout', times(1, 2, 3, 4, 5))).to.equal(0);
    expect(told(10, 4, 5, 5).missing('stdout', times(4, 5, 5, 5))).to.equal(1);
    expect(told(10, 4, 5, 9).missing('stdout', times(4, 5))).to.equal(0);
    expect(told(10).missing('stdout', times(1))).to.equal(0);
    expect(told(10, 1).missing('stdout', [])).to.equal(0);
  });

  it('keeps as many as it should, and begins anew where the clock was set back', () => {
    const many = told(3, ...Array.from({ length: 50 }, (_, i) => i));
    expect(many.missing('stdout', times(47, 48, 49))).to.equal(0);
    expect(told(10, 7, 8, 1, 2).missing('stdout', times(1, 2))).to.equal(0);
  });
});
