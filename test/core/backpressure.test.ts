import { expect } from 'chai';
import { filter, map, mergeMap, pipe, range } from 'rxjs';
import { pipeline } from '../../src/core/pipeline.ts';
import { runPipeline } from '../../src/core/run.ts';
import { missing, numbers, slowSink, sum, watched } from './support.ts';

const RECORDS = 200_000;
const CAPACITY = 1_000;

describe('a sink a hundred times slower than its source', function () {
  this.timeout(180_000);

  for (const policy of ['pause', 'drop-oldest', 'drop-newest'] as const)
    it(`holds bounded memory under ${policy}, and every one of 200,000 records is accounted for`, async () => {
      const { sink, written } = slowSink(policy === 'pause' ? 100 : 10, { policy, capacity: CAPACITY });
      const run = runPipeline(pipeline('slow', numbers(RECORDS), sink));
      let most = 0;
      await watched(run, (stages) => {
        most = Math.max(most, stages.at(-1)!.inFlight);
        for (const stage of stages) expect(missing(stage), stage.name).to.equal(0);
      });

      const { outcome, abandoned, stages } = await run.done;
      const { received, delivered, dropped, inFlight } = stages.at(-1)!;
      expect({ outcome, abandoned, inFlight }).to.deep.equal({
        outcome: 'completed',
        abandoned: 0,
        inFlight: 0,
      });
      expect(received).to.equal(RECORDS);
      expect(most).to.be.within(1, CAPACITY);
      expect(written).to.have.length(delivered);
      expect(
        written.every((n, i) => i === 0 || n > written[i - 1]!),
        'in order',
      ).to.equal(true);
      if (policy === 'pause') {
        expect(dropped).to.deep.equal({});
        expect(
          written.every((n, i) => n === i),
          'each once',
        ).to.equal(true);
      } else {
        expect(dropped).to.deep.equal({ [policy]: RECORDS - delivered });
        expect(delivered).to.be.below(RECORDS / 10);
        const kept = policy === 'drop-oldest' ? written.slice(-100) : written.slice(0, 100);
        const from = policy === 'drop-oldest' ? RECORDS - 100 : 0;
        expect(kept).to.deep.equal(Array.from({ length: 100 }, (_, i) => from + i));
      }
    });

  it('does not slow a sink beside it that drops', async () => {
    const slow = slowSink(1, { policy: 'drop-oldest', capacity: 10 }, 'slow');
    const fast = slowSink(10_000, { policy: 'pause', capacity: 50_000 }, 'fast');
    const run = runPipeline(pipeline('two', numbers(20_000), [slow.sink, fast.sink]));
    await watched(run, (stages) => stages.forEach((stage) => expect(missing(stage), stage.name).to.equal(0)));
    expect(fast.written).to.have.length(20_000);
    expect(slow.written.at(-1)).to.equal(19_999);
    expect(slow.written.length).to.be.below(20_000);
  });

  it('accounts for a branch by what passes its operators', async () => {
    const { sink, written } = slowSink(100, { capacity: 100 });
    const odd = pipe(
      filter((n: number) => n % 2 === 1),
      sink,
    );
    const { stages } = await runPipeline(pipeline('branch', numbers(2_000), [odd])).done;
    expect(stages.at(-1)).to.include({ received: 1_000, delivered: 1_000, inFlight: 0 });
    expect(written).to.have.length(1_000);
  });

  it('counts what one record fans out to beyond the room that pausing leaves', async () => {
    const { sink, written } = slowSink(1, { policy: 'pause', capacity: 10 });
    const stages = pipeline(
      'fan',
      range(0, 1),
      mergeMap(() => range(0, 100)),
      map((n) => n + 1),
      sink,
    );
    const result = await runPipeline(stages).done;
    expect(result.stages.at(-1)).to.deep.include({
      received: 100,
      delivered: 10,
      dropped: { 'over-capacity': 90 },
    });
    expect(written).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('is bounded by bytes too', async () => {
    const { sink } = slowSink(1, { policy: 'drop-newest', capacityBytes: 80 });
    const run = runPipeline(pipeline('bytes', numbers(5_000), sink));
    await watched(run, (stages) => expect(stages.at(-1)!.inFlight).to.be.at.most(10));
    expect(sum((await run.done).stages.at(-1)!.dropped)).to.be.above(4_000);
  });
});
