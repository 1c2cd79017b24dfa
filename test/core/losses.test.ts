import { expect } from 'chai';
import { lossTeller } from '../../src/core/losses.ts';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { stage } from '../cli/stage.ts';
import { hear, sum } from './runs.ts';
import { gathering, sinkOf, slow } from './sinks.ts';
import { counting } from './sources.ts';

describe('lossTeller', () => {
  it('tells what has grown since the last time, by stage and reason', () => {
    const said: unknown[] = [];
    const tell = lossTeller((name) => (fact) => said.push([name, fact]));
    const source = (bad: number): ReturnType<typeof stage> => stage('source', { rejected: { bad } });
    const sink = (dropped: Record<string, number>): ReturnType<typeof stage> => stage('sink', { dropped });
    tell([source(0), sink({})]);
    expect(said.splice(0)).to.deep.equal([]);
    tell([source(2), sink({ a: 1 })]);
    expect(said.splice(0)).to.deep.equal([
      ['source', { type: 'rejected', reason: 'bad', count: 2 }],
      ['sink', { type: 'dropped', reason: 'a', count: 1 }],
    ]);
    tell([source(2), sink({ a: 1, b: 7 })]);
    expect(said).to.deep.equal([['sink', { type: 'dropped', reason: 'b', count: 7 }]]);
  });
});

describe('runPipeline', () => {
  it('tells every record lost, in far fewer facts, the last before its end', async () => {
    const facts = hear('losses');
    const lossy = slow({ policy: 'drop-newest', capacity: 10 }, { name: 'lossy' });
    const odd = sinkOf({
      name: 'odd',
      encode: (n) => {
        if (n % 2 === 0) throw new Error('even');
        return n;
      },
    });
    const { stages } = await runPipeline(
      pipeline('losses', counting(20_000).source, [lossy.sink, odd, gathering().sink]),
      { watch: { everyMs: 5 } },
    ).done;
    facts.end();
    const lost = (name: string, type: 'dropped' | 'rejected'): readonly number[] =>
      facts.of(type).flatMap((fact) => (fact.stage === name ? [fact.count] : []));
    const added = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
    expect(added(lost('odd', 'rejected'))).to.equal(10_000);
    expect(added(lost('lossy', 'dropped')))
      .to.equal(sum(stages[1]!.dropped))
      .and.greaterThan(1000);
    expect(facts.of('dropped').length + facts.of('rejected').length).to.be.lessThan(1000);
  });
});
