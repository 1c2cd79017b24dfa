import { expect } from 'chai';
import type { PagePipelines, PageStage } from '../../src/records/page-state.ts';
import { flowsOf, lossesOf } from '../../web/src/model/flow.ts';
import { createHistory } from '../../web/src/model/history.ts';
import { scaleOf, sparkPath } from '../../web/src/model/spark.ts';
import { inSight, layOut } from '../../web/src/model/window.ts';
import { NOON } from './records.ts';

describe('web: history', () => {
  it('keeps the newest readings in their order; one that comes again, or late, is none', () => {
    const history = createHistory(3);
    expect(history.newestMs).to.equal(undefined);
    for (const second of [1, 2, 2, 1, 3, 4]) history.add(NOON + second * 1_000, { cpuPercent: second });
    expect(history.length).to.equal(3);
    expect(history.newestMs).to.equal(NOON + 4_000);
    expect(history.read('cpu').values).to.deep.equal([2, 3, 4]);
    expect(history.read('cpu').times).to.deep.equal([2, 3, 4].map((second) => NOON / 1_000 + second));
    expect(history.read('cpu', 2).values).to.deep.equal([3, 4]);
    expect(history.read('rx').values).to.deep.equal([NaN, NaN, NaN]);
  });
});

describe('web: spark', () => {
  const box = { width: 10, height: 12, slots: 11, most: 10 };
  it('is drawn from the right edge, with a hole where nothing is known', () => {
    expect(sparkPath([0, 10, NaN, 5, 20], box)).to.equal('M6.0 11.0L7.0 1.0M9.0 6.0L10.0 1.0');
    expect(sparkPath([5], box)).to.equal('');
  });
  it('has a scale of its largest value, or the least', () => {
    expect(scaleOf([[1, NaN], [7]], 5)).to.equal(7);
    expect(scaleOf([[NaN], []], 5)).to.equal(5);
  });
});

describe('web: what is in sight', () => {
  const layout = layOut([10, 20, 30, 40, 50], (height) => height);
  const seen = (from: number, to: number, more = 0): readonly number[] =>
    inSight(layout, from, to, more).map(({ item }) => item);
  it('is all that touches, and some more', () => {
    expect(layout.height).to.equal(150);
    expect(seen(0, 10)).to.deep.equal([10]);
    expect(seen(10, 31)).to.deep.equal([20, 30]);
    expect(seen(10, 31, 1)).to.deep.equal([10, 20, 30, 40]);
    expect(seen(140, 500)).to.deep.equal([50]);
    expect(seen(500, 600)).to.deep.equal([]);
  });
});

describe('web: flow', () => {
  const stage = (kind: PageStage['kind'], name: string, delivered: number, dropped = 0): PageStage => ({
    ...{
      kind,
      name,
      received: delivered,
      delivered,
      inFlight: 0,
      dropped,
      rejected: 0,
      retries: 0,
      targets: [],
    },
  });
  const answer = (atMs: number, ...stages: PageStage[]): PagePipelines => ({
    atMs,
    pipelines: [{ name: 'p', state: 'running', stages }],
  });
  it('has the rates since the answer before, and none after a new beginning', () => {
    const before = answer(1_000, stage('source', 's', 10), stage('operator', 'o', 7), stage('sink', 'k', 50));
    const now = answer(3_000, stage('source', 's', 30), stage('operator', 'o', 7), stage('sink', 'k', 5));
    const [flow] = flowsOf(now, before);
    expect(flow!.sources.map(({ perSecond }) => perSecond)).to.deep.equal([10]);
    expect(flow!.operators.map(({ perSecond }) => perSecond)).to.deep.equal([0]);
    expect(flow!.sinks.map(({ perSecond }) => perSecond)).to.deep.equal([undefined]);
    expect(flowsOf(now, undefined)[0]!.sources[0]!.perSecond).to.equal(undefined);
  });
  it('adds up what is lost', () => {
    const lossy = answer(0, { ...stage('source', 's', 1), gaps: 2 }, stage('sink', 'k', 1, 3));
    expect(lossesOf(lossy)).to.deep.equal({ dropped: 3, rejected: 0, gaps: 2 });
    expect(lossesOf(undefined)).to.deep.equal({ dropped: 0, rejected: 0, gaps: 0 });
  });
});
