import { expect } from 'chai';
import {
  bufferTime,
  concatMap,
  debounceTime,
  delay,
  filter,
  from,
  map,
  NEVER,
  of,
  pipe,
  take,
  tap,
  timer,
} from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import type { Pipeline } from '../../src/core/types.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import { crashLoop } from '../../src/operators/crash-loop.ts';
import { unhealthyFor } from '../../src/operators/unhealthy-for.ts';
import { windowBy } from '../../src/operators/window-by.ts';
import { dockerEvent, expectPipeline, matching } from '../../src/testing/index.ts';
import type { Source } from '../../src/core/types.ts';
import type { OperatorFunction } from 'rxjs';
import { sinkOf } from '../core/sinks.ts';

const events: Source<DockerEvent> = NEVER;
const texts: Source<string> = NEVER;
const made = <T>(operator: OperatorFunction<string, T>): Pipeline =>
  pipeline('made', texts, operator, sinkOf<unknown>());
const through = made(tap());
const letters = { a: 'A', b: 'B', c: 'C', x: 'X' };

const start = dockerEvent();
const die = dockerEvent({ action: 'die', exitCode: 1 });
const other = dockerEvent({ action: 'die', name: 'db' });

/** The lines of what an expectation rejects with, but for the first. */
async function failing(expectation: Promise<void>): Promise<readonly string[]> {
  const error = await expectation.then(
    () => new Error('it went well'),
    (reason: unknown) => reason as Error,
  );
  return error.message.split('\n').slice(1);
}
const messageOf = (expectation: Promise<void>): Promise<string> =>
  expectation.then(
    () => 'it went well',
    (reason: unknown) => (reason as Error).message,
  );

describe('expectPipeline', () => {
  it('hands over what reaches the sinks at its millisecond, and opens neither source nor sink', async () => {
    let opened = 0;
    const source = new (class {
      pipe(): never {
        opened += 1;
        throw new Error('opened');
      }
    })() as unknown as Source<string>;
    const sink = (): never => {
      opened += 1;
      throw new Error('opened');
    };
    await expectPipeline(pipeline('shut', source, sink))
      .given('a 9ms b', letters)
      .emits('a 9ms b', letters);
    expect(opened).to.equal(0);
  });

  it('runs on virtual time: a debounce, a delay and a window of RxJS', async () => {
    await expectPipeline(made(debounceTime(10)))
      .given('a 9ms b 1s c', letters)
      .emits('20ms b 1000ms c', letters);
    await expectPipeline(made(delay(86_000_000)))
      .given('a', letters)
      .emits('86000s a', letters);
    await expectPipeline(made(bufferTime(1000)))
      .given('a 9ms b 1s c|', letters)
      .emits('1s x 11ms y', { x: ['A', 'B'], y: ['C'] });
  });

  it('brings a record before a timer of the same millisecond, whenever that was set', async () => {
    await expectPipeline(made(debounceTime(10)))
      .given('a 3ms b 9ms c', letters)
      .emits('24ms c', letters);
  });

  it('waits a day for what waits for a time, where the sources stay open', async () => {
    const hours = made(concatMap((text) => timer(23 * 3_600_000).pipe(map(() => text))));
    await expectPipeline(hours).given('a', letters).emits('1380m x', { x: 'A' });
    await expectPipeline(made(delay(86_400_001)))
      .given('a', letters)
      .emits('');
  });

  it('ends the sources where the diagram does, and compares an end where one is expected', async () => {
    await expectPipeline(through).given('a 4ms |', letters).emits('a', letters);
    await expectPipeline(through).given('a 4ms |', letters).emits('a 4ms |', letters);
    await expectPipeline(made(take(1)))
      .given('ab', letters)
      .emits('(a|)', letters);
    expect(await failing(expectPipeline(through).given('a', letters).emits('a|', letters))).to.deep.equal([
      '  the stream does not end, and was expected to end at 1 ms',
    ]);
    expect(await failing(expectPipeline(through).given('a|', letters).emits('a-|', letters))).to.deep.equal([
      '  the stream ends at 1 ms, and was expected to end at 2 ms',
    ]);
  });

  it('takes a list, a millisecond apart, and expects one at any time', async () => {
    await expectPipeline(through).given(['A', 'B', 'C']).emits('abc|', letters);
    await expectPipeline(through).given('a 60m b', letters).emits(['A', 'B']);
    await expectPipeline(through).given([]).emits([]);
    await expectPipeline(through).given('').emits('');
  });

  it('gives records built without a time that of their place', async () => {
    const loops = pipeline('loops', events, crashLoop({ deaths: 2, withinMs: 60_000 }), sinkOf<unknown>());
    const loop = {
      kind: 'crash-loop',
      host: 'engine-1',
      container: { id: die.id, name: 'web', image: 'busybox:1.37' },
      since: '2026-01-01T00:00:00.000000000Z',
      time: '2026-01-01T00:00:30.000000000Z',
      deaths: 2,
      exitCodes: [1, 1],
    };
    await expectPipeline(loops).given('a 29999ms a', { a: die }).emits('a 29999ms (ax)', { a: die, x: loop });
    await expectPipeline(loops).given('a 61s a', { a: die }).emits('a 61s a', { a: die });
  });

  it('plays operators that wait by the records time and by the clock', async () => {
    const sick = pipeline('sick', events, unhealthyFor({ forMs: 10_000 }), sinkOf<unknown>());
    const unhealthy = dockerEvent({ action: 'health_status: unhealthy' });
    const healthy = dockerEvent({ action: 'health_status: healthy' });
    const values = {
      u: unhealthy,
      h: healthy,
      x: matching({ kind: 'unhealthy', time: '2026-01-01T00:00:10.000Z' }),
    };
    await expectPipeline(sick).given('u', values).emits('u 9999ms x', values);
    await expectPipeline(sick).given('u 4s h', values).emits('u 4s h', values);
    const counts = pipeline(
      'counts',
      events,
      windowBy({
        labels: ({ action }: DockerEvent) => ({ action }),
        windowMs: 1000,
        latenessMs: 0,
        initial: 0,
        add: (sum: number) => sum + 1,
      }),
      sinkOf<unknown>(),
    );
    await expectPipeline(counts)
      .given('aa 1s a', { a: start })
      .emits('1002ms x', { x: matching({ value: 2 }) });
  });

  describe('says what differs', () => {
    it('by field, with its time', async () => {
      const values = { a: die, b: start, x: { ...die, more: [1] }, y: { ...start, scope: undefined } };
      expect(
        await failing(
          expectPipeline(pipeline('p', events, sinkOf<unknown>()))
            .given('aab', values)
            .emits('a-xy', values),
        ),
      ).to.deep.equal([
        '  = record 1 is as expected',
        '  ~ record 2 at 1 ms:',
        '      expected at 2 ms',
        '      more is missing: [ 1 ] was expected',
        '  ~ record 3 at 2 ms:',
        '      expected at 3 ms',
        `      scope: 'local', expected undefined`,
      ]);
    });

    it('by record, where one is missing or too many, in the middle and at both ends', async () => {
      const failure = (given: string, emits: string): Promise<readonly string[]> =>
        failing(expectPipeline(through).given(Array.from(given)).emits(Array.from(emits)));
      expect(await failure('bc', 'abc')).to.deep.equal([`  - record 1 is missing: 'a'`]);
      expect(await failure('abc', 'bc')).to.deep.equal([`  + record 1 at 0 ms was not expected: 'a'`]);
      expect(await failure('ac', 'abc')).to.deep.equal([
        '  = record 1 is as expected',
        `  - record 2 is missing: 'b'`,
      ]);
      expect(await failure('abc', 'ab')).to.deep.equal([
        '  = records 1 to 2 are as expected',
        `  + record 3 at 2 ms was not expected: 'c'`,
      ]);
      expect(await failure('', 'a')).to.deep.equal([`  - record 1 is missing: 'a'`]);
      expect(await failure('aaxa', 'aaa')).to.deep.equal([
        '  = records 1 to 2 are as expected',
        `  + record 3 at 2 ms was not expected: 'x'`,
      ]);
      expect(await failing(expectPipeline(through).given('').emits('5ms a', letters))).to.deep.equal([
        `  - record 1, expected at 5 ms, is missing: 'A'`,
      ]);
    });

    it('as a whole where nothing is alike, and no more than ten', async () => {
      const lines = await failing(
        expectPipeline(through)
          .given(Array.from({ length: 30 }, (_, i) => `came-${i}`))
          .emits(Array.from({ length: 30 }, (_, i) => ({ i }))),
      );
      expect(lines.slice(0, 3)).to.deep.equal([
        '  ~ record 1 at 0 ms:',
        `      came     'came-0'`,
        '      expected { i: 0 }',
      ]);
      expect(lines).to.have.length(31);
      expect(lines.at(-1)).to.equal('  … and 20 more');
    });

    it('shortly, whatever came', async () => {
      const huge = { text: 'x'.repeat(1e6), list: Array.from({ length: 1e5 }, () => 7) };
      const circle: Record<string, unknown> = {};
      circle['circle'] = circle;
      const lines = await failing(
        expectPipeline(made(map(() => huge)))
          .given('a', letters)
          .emits('a', { a: circle }),
      );
      expect(lines.join('').length).to.be.below(2000);
    });

    it('with the place in the test, and none of ours', async () => {
      const error = (await expectPipeline(through)
        .given('a', letters)
        .emits('b', letters)
        .catch((reason: unknown) => reason)) as Error;
      const frames = error.stack!.split('\n').filter((line) => line.startsWith('    at '));
      expect(frames[0]).to.include('expect-pipeline.test.ts');
      expect(frames.join()).to.not.include('src/testing');
    });
  });

  it('names the operator that throws, and when', async () => {
    const throws = pipeline(
      'throws',
      texts,
      filter((text) => text !== ''),
      map((text) => {
        if (text === 'B') throw new TypeError('not B');
        return text;
      }),
      sinkOf<unknown>(),
    );
    const error = (await expectPipeline(throws)
      .given('a 4ms b', letters)
      .emits('a', letters)
      .catch((reason: unknown) => reason)) as Error;
    expect(error.message).to.equal('throws: operator-2 failed at 5 ms: not B');
    expect(error.cause).to.be.instanceOf(TypeError);
  });

  it('finds out a pipeline that never ends to emit', async () => {
    expect(
      await messageOf(
        expectPipeline(made(bufferTime(1)))
          .given('a', letters)
          .emits(['A']),
      ),
    ).to.equal(
      'made: it goes on to emit when nothing more is given; end the diagram with | where its sources are to end',
    );
  });

  it('refuses diagrams that mean nothing here', async () => {
    const refused = (given: string, emits = ''): Promise<string> =>
      messageOf(expectPipeline(through).given(given, letters).emits(emits, letters));
    expect(await refused('az')).to.equal(`given 'az': there is no value for 'z'`);
    expect(await refused('a', 'y')).to.equal(`emits 'y': there is no value for 'y'`);
    expect(await refused('a#')).to.include(`'#' is no record`);
    expect(await refused('^a')).to.include(`'^' and '!' have no meaning here`);
    expect(await refused('a!')).to.include(`'^' and '!' have no meaning here`);
    expect(await refused('a 9mss b')).to.include(`there is no value for '9'`);
    expect(() => expectPipeline({} as Pipeline)).to.throw('give it a pipeline');
  });

  it('keeps its clock to itself: others run in real time', async () => {
    const before = Date.now();
    await expectPipeline(made(delay(1000)))
      .given('a', letters)
      .emits('1s a', letters);
    expect(Date.now()).to.be.at.least(before);
    await new Promise((resolve) => from(of(1)).pipe(delay(1)).subscribe(resolve));
  });

  it('tests a branch as a pipeline of its operator', async () => {
    const deaths = pipe(filter(({ action }: DockerEvent) => action === 'die'));
    await expectPipeline(pipeline('deaths', events, deaths, sinkOf<unknown>()))
      .given('abc', { a: start, b: die, c: other })
      .emits('-bc', { b: die, c: other });
    await expectPipeline(pipeline('all', events, [pipe(deaths, sinkOf<DockerEvent>()), sinkOf<unknown>()]))
      .given('ab', { a: start, b: die })
      .emits('ab', { a: start, b: die });
  });
});
