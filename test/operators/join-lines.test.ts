import { expect } from 'chai';
import fc from 'fast-check';
import { PipelineError } from '../../src/core/errors.ts';
import { joinLines, type Joined, type JoinLinesOptions } from '../../src/operators/join-lines.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { LogLine } from '../../src/records/log-line.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import { afterRestart, booksOf, containerEvent, emittedOf, lineAt } from './lifecycle.ts';

type In = LogLine | DockerEvent;
const passed = { a: containerEvent(0, 'start'), b: containerEvent(1, 'oom'), c: containerEvent(2, 'die') };
operatorContract('joinLines', { make: () => joinLines<In>(), input: passed, output: passed });

const joined = (first: LogLine, lines: number, text: string, more: object = {}): Joined<LogLine> => ({
  ...first,
  text,
  lines,
  ...more,
});
const textsOf = (lines: readonly LogLine[], options?: JoinLinesOptions): readonly string[] =>
  emittedOf(lines, joinLines(options)).map(({ text }) => text);

describe('joinLines', () => {
  const a = lineAt(0, 'Error: no');
  const b = lineAt(0.1, '  at one');
  const c = lineAt(0.2, '  at two');
  const d = lineAt(0.3, 'next');

  it(
    'tells a record when the next begins, and the last at the end',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogLine>('-a-b-c-d-|', { a, b, c, d });
      expectObservable(source.pipe(joinLines())).toBe('-------x-(d|)', {
        x: joined(a, 3, 'Error: no\n  at one\n  at two'),
        d,
      });
      expectSubscriptions(source.subscriptions).toBe('^--------!');
    }),
  );

  it(
    'waits so long after the first line of a record, and no longer',
    marbles(({ hot, expectObservable }) => {
      const soon = lineAt(0.005, '  at one');
      const source = hot<LogLine>('  a----s----b----------', { a, s: soon, b });
      expectObservable(source.pipe(joinLines({ waitMs: 10 }))).toBe('----------x---------b', {
        x: joined(a, 2, 'Error: no\n  at one'),
        b,
      });
    }),
  );

  it(
    'has one timer for all that wait',
    marbles(({ hot, expectObservable }) => {
      const other = lineAt(0.1, 'other', { id: 'c2' });
      const source = hot<LogLine>('a---o---d------------------', { a, o: other, d });
      expectObservable(source.pipe(joinLines({ waitMs: 10 }))).toBe('--------a-----o---d', {
        a,
        o: other,
        d,
      });
    }),
  );

  it(
    'passes on an error at once, and lets go when it is unsubscribed',
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const broken = hot<LogLine>('-a-#', { a }, 'broken');
      expectObservable(broken.pipe(joinLines())).toBe('---#', {}, 'broken');
      const source = hot<LogLine>('-a----', { a });
      expectObservable(source.pipe(joinLines({ waitMs: 2 })), '^-!').toBe('---');
      expectSubscriptions(source.subscriptions).toBe('^-!');
    }),
  );

  it('joins by the times of the lines, however late they are read', () => {
    const late = lineAt(1.2, '  too late');
    expect(textsOf([a, b, late])).to.deep.equal(['Error: no\n  at one', '  too late']);
    // Another container is hours ahead.
    const ahead = lineAt(9_999, 'ahead', { id: 'c2' });
    expect(textsOf([a, ahead, b])).to.deep.equal(['Error: no\n  at one', 'ahead']);
  });

  it('keeps containers and streams apart, and passes all else on at once', () => {
    const err = lineAt(0.1, '  err', { stream: 'stderr' });
    const other = lineAt(0.1, '  other', { id: 'c2' });
    const elsewhere = lineAt(0.1, '  elsewhere', { host: 'engine-2' });
    const event = containerEvent(0, 'die');
    const out = emittedOf<In, Joined<In>>([a, err, other, elsewhere, event, b], joinLines<In>());
    expect(out).to.deep.equal([event, joined(a, 2, 'Error: no\n  at one'), err, other, elsewhere]);
  });

  it('begins a record where it is told to', () => {
    const lines = ['1 a', 'b', '2 c', 'd'].map((text, i) => lineAt(i / 10, text));
    expect(textsOf(lines, { starts: /^\d/ })).to.deep.equal(['1 a\nb', '2 c\nd']);
    expect(textsOf(lines, { starts: (text) => text === 'b' })).to.deep.equal(['1 a', 'b\n2 c\nd']);
  });

  it('tells whether the last line was unfinished, and what was left out of all', () => {
    const cut = lineAt(0.1, '  cut', { truncatedBytes: 7 });
    const last = lineAt(0.2, '  last', { truncatedBytes: 2, unfinished: true });
    expect(emittedOf([a, cut, last], joinLines())).to.deep.equal([
      joined(a, 3, 'Error: no\n  cut\n  last', { truncatedBytes: 9, unfinished: true }),
    ]);
  });

  it('holds no more lines and characters of a record than it may, and of no more streams', () => {
    const lines = [a, ...Array.from({ length: 5 }, (_, i) => lineAt(0.1, ` ${i}`))];
    expect(textsOf(lines, { maxLines: 3 })).to.deep.equal(['Error: no\n 0\n 1', ' 2\n 3\n 4']);
    expect(textsOf(lines, { maxChars: 13 })).to.deep.equal(['Error: no\n 0\n 1', ' 2\n 3\n 4']);
    const streams = ['c1', 'c2', 'c3'].map((id) => lineAt(0, id, { id }));
    expect(
      textsOf([...streams, lineAt(0.1, ' 1'), lineAt(0.1, ' 3', { id: 'c3' })], { maxStreams: 2 }),
    ).to.deep.equal(['c1', 'c2', 'c3\n 3', ' 1']);
  });

  it('goes on with what is held after a restart', async () => {
    expect(await afterRestart(() => joinLines<LogLine>(), [a, b], [c, d])).to.deep.equal([
      joined(a, 3, 'Error: no\n  at one\n  at two'),
    ]);
  });

  it('accounts for every line', async () => {
    const { stage, imbalances } = await booksOf<In>([a, b, c, d, containerEvent(0, 'die')], joinLines());
    expect(stage).to.include({ received: 5, delivered: 3, aggregated: 2, inFlight: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('loses no line, and changes the order of none of a stream', () => {
    const line = fc.record({
      text: fc.constantFrom('x', ' y', ''),
      id: fc.constantFrom('c1', 'c2'),
      at: fc.nat({ max: 3_000 }),
    });
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 4 }), (drawn, maxLines) => {
        const lines = drawn.map(({ text, id, at }) => lineAt(at / 1_000, text, { id }));
        const out = emittedOf(lines, joinLines({ maxLines, maxStreams: 1 }));
        for (const id of ['c1', 'c2']) {
          const of = (all: readonly LogLine[]): string =>
            all
              .filter(({ container }) => container.id === id)
              .map(({ text }) => text)
              .join('\n');
          expect(of(out)).to.equal(of(lines));
        }
        for (const { lines: count = 1 } of out) expect(count).to.be.at.most(maxLines);
      }),
    );
  });

  it('refuses options that cannot be', () => {
    for (const options of [{ starts: /x/g }, { starts: 'x' }, { maxLines: 0 }, { waitMs: 0 }, { max: 1 }])
      expect(() => joinLines(options as never)).to.throw(PipelineError);
  });
});
