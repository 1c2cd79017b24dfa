import { expect } from 'chai';
import fc from 'fast-check';
import { from, type OperatorFunction } from 'rxjs';
import { PipelineError } from '../../src/core/errors.ts';
import { crashLoop, type CrashLoopOptions } from '../../src/operators/crash-loop.ts';
import type { DockerEvent } from '../../src/records/docker-event.ts';
import type { CrashLoop } from '../../src/records/lifecycle.ts';
import { operatorContract } from '../contracts/operator-contract.ts';
import { marbles } from '../marbles.ts';
import {
  about,
  afterRestart,
  booksOf,
  containerEvent,
  emittedOf,
  ofKind,
  recordedEvents,
  timeAt,
} from './lifecycle.ts';

const passed = {
  a: containerEvent(0, 'start'),
  b: containerEvent(1, 'die'),
  c: containerEvent(2, 'destroy'),
};
operatorContract('crashLoop', {
  make: () => crashLoop<DockerEvent>(),
  input: passed,
  output: passed,
});

const died = (second: number, code: number, id?: string): DockerEvent =>
  containerEvent(second, 'die', { ...(id !== undefined && { id }), attributes: { exitCode: String(code) } });
const killed = (second: number, signal?: number): DockerEvent =>
  containerEvent(second, 'kill', { attributes: signal === undefined ? {} : { signal: String(signal) } });

const loops = (events: readonly DockerEvent[], options?: CrashLoopOptions): readonly CrashLoop[] =>
  ofKind(emittedOf(events, crashLoop<DockerEvent>(options)), 'crash-loop');

const secondsOf = (found: readonly CrashLoop[]): readonly number[] =>
  found.map(({ time }) => (Date.parse(time) - Date.parse(timeAt(0))) / 1000);

describe('crashLoop', () => {
  it(
    'tells a loop behind the death that makes it one',
    marbles(({ hot, expectObservable }) => {
      const values = { a: died(0, 1), b: died(10, 2), s: containerEvent(11, 'start'), c: died(20, 3) };
      expectObservable(hot('-a-b-s-c----|', values).pipe(crashLoop())).toBe('-a-b-s-(cL)-|', {
        ...values,
        L: {
          kind: 'crash-loop',
          ...about(),
          time: timeAt(20),
          since: timeAt(0),
          deaths: 3,
          exitCodes: [1, 2, 3],
        },
      });
    }),
  );

  it('tells it again only after deaths have become rarer', () => {
    const events = [0, 10, 20, 30, 40, 70, 100, 110, 115].map((second) => died(second, 1));
    expect(secondsOf(loops(events, { deaths: 3, withinMs: 30_000 }))).to.deep.equal([20, 115]);
    const apart = [0, 10, 30].map((second) => died(second, 1));
    expect(secondsOf(loops(apart, { withinMs: 30_000 }))).to.deep.equal([]);
    expect(secondsOf(loops(apart, { withinMs: 30_001 }))).to.deep.equal([30]);
  });

  it('counts each container by itself, of each engine, or what shares a key', () => {
    const events = [
      died(0, 1, 'c1'),
      died(1, 1, 'c2'),
      { ...died(2, 1, 'c1'), host: 'engine-2' },
      died(3, 1, 'c1'),
    ];
    expect(secondsOf(loops(events, { deaths: 2 }))).to.deep.equal([3]);
    expect(secondsOf(loops(events, { deaths: 3, key: () => 'all' }))).to.deep.equal([2]);
  });

  it('does not count a death that somebody asked for', () => {
    const asked = [killed(1, 15), died(2, 143)];
    expect(loops([...asked, ...asked, ...asked], { deaths: 1 })).to.deep.equal([]);
    expect(loops([killed(1), died(2, 137)], { deaths: 1 })).to.deep.equal([]);
    expect(loops([killed(1, 10), died(2, 1)], { deaths: 1 })).to.have.lengthOf(1);
    const later = [killed(1, 15), died(2, 143), containerEvent(3, 'start'), died(4, 1)];
    expect(secondsOf(loops(later, { deaths: 1 }))).to.deep.equal([4]);
  });

  it('leaves out exit codes that nobody knows, and takes the verified one', () => {
    const events = [
      containerEvent(0, 'die', { attributes: { exitCode: '0' }, exit: { code: 139, verified: true } }),
      containerEvent(1, 'die', { attributes: { exitCode: '0' }, exit: { verified: true } }),
      containerEvent(2, 'die', { attributes: { exitCode: 'by a label' } }),
      containerEvent(3, 'die'),
    ];
    expect(loops(events, { deaths: 4 })[0])
      .to.include({ deaths: 4 })
      .and.deep.include({ exitCodes: [139] });
  });

  it('finds the loop in what engines said, and no other', () => {
    const inDocker = loops(recordedEvents('docker/events-scenario.docker-20.10-cgroupv1.ndjson'));
    expect(inDocker.map(({ container, exitCodes }) => [container.name, exitCodes])).to.deep.equal([
      ['h2-rp', [5, 5, 5]],
    ]);
    const inPodman = loops(recordedEvents('docker-cgroupv2/events-scenario.podman-5.8-cgroupv2.ndjson'));
    expect(inPodman.map(({ container, deaths }) => [container.name, deaths])).to.deep.equal([['h7-loop', 3]]);
  });

  it('passes on what are no events of containers, and marks what the simulated engine said', () => {
    const others = [{ kind: 'gap' }, null, 7, containerEvent(0, 'die', { type: 'plugin' })];
    expect(emittedOf(others, crashLoop<unknown>({ deaths: 1 }))).to.deep.equal(others);
    expect(loops([{ ...died(0, 1), simulated: true }], { deaths: 1 })[0]).to.include({ simulated: true });
  });

  it('fails on a death without a readable time', () => {
    let failure: unknown;
    const broken = [{ ...died(0, 1), time: 'soon' }];
    from(broken)
      .pipe(crashLoop())
      .subscribe({ error: (error: unknown) => (failure = error) });
    expect(failure).to.be.instanceOf(TypeError);
  });

  it('counts what it adds', async () => {
    const { stage, imbalances } = await booksOf(
      [died(0, 1), died(1, 1)],
      crashLoop<DockerEvent>({ deaths: 2 }),
    );
    expect(stage).to.include({ received: 2, added: 1, delivered: 3, inFlight: 0, exact: true });
    expect(imbalances).to.deep.equal([]);
  });

  it('goes on counting after a restart', async () => {
    const make = (): OperatorFunction<DockerEvent, DockerEvent | CrashLoop> => crashLoop({ deaths: 3 });
    const after = await afterRestart(make, [died(0, 1), died(1, 1)], [died(2, 1), died(3, 1)]);
    expect(secondsOf(ofKind(after, 'crash-loop'))).to.deep.equal([2]);
    const asked = await afterRestart(make, [died(0, 1), died(1, 1), killed(2, 15)], [died(3, 143)]);
    expect(ofKind(asked, 'crash-loop')).to.deep.equal([]);
  });

  it('remembers no more keys than it may', () => {
    const events = ['c1', 'c2', 'c3', 'c1', 'c3'].map((id, second) => died(second, 1, id));
    expect(secondsOf(loops(events, { deaths: 2, maxKeys: 2 }))).to.deep.equal([4]);
    expect(secondsOf(loops(events, { deaths: 2, maxKeys: 3 }))).to.deep.equal([3, 4]);
  });

  it('tells as a slow reading of all deaths says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 60 }),
        (gaps, deaths, within) => {
          let now = 0;
          const seconds = gaps.map((gap) => (now += gap));
          const isLoop = seconds.map(
            (second, i) =>
              seconds.slice(0, i + 1).filter((before) => second - before < within).length >= deaths,
          );
          const expected = seconds.filter((_, i) => isLoop[i] && isLoop[i - 1] !== true);
          const found = loops(
            seconds.map((second) => died(second, 1)),
            { deaths, withinMs: within * 1000 },
          );
          expect(secondsOf(found)).to.deep.equal(expected);
        },
      ),
    );
  });

  it('refuses options that cannot be', () => {
    expect(() => crashLoop({ deaths: 0 })).to.throw(
      PipelineError,
      'crashLoop: deaths must be a whole number above 0, not 0',
    );
    expect(() => crashLoop({ within: 5 } as never)).to.throw('there is no option "within"');
  });
});
