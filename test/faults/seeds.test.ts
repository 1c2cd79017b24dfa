import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KINDS, kindOf, planOf, type Plan } from '../../faults/plan.ts';
import { carryOut } from '../../faults/run.ts';
import { shrink } from '../../faults/shrink.ts';
import { lackOf } from '../harness/needs.ts';

/** One run or two of each kind; `npm run faults` has a thousand. */
const SEEDS = [0, 10, 2, 11, 3, 4, 13, 16];

describe('a plan of the fault suite', () => {
  it('is decided by its seed', () => {
    expect(planOf(7)).to.deep.equal(planOf(7));
    expect(planOf(7)).to.not.deep.equal(planOf(17));
  });

  it('is ordered by time, and has faults of its kind among events', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const { kind, steps } = planOf(seed);
      const times = steps.map(({ atMs }) => atMs);
      expect(kind).to.equal(kindOf(seed));
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
      expect(steps.filter(({ act }) => act.do === 'emit')).to.have.length.above(10);
      expect(steps.filter(({ act }) => !['emit', 'live'].includes(act.do))).to.have.length.within(1, 6);
    }
  });

  it('is of every kind, one seed or another', () => {
    expect(new Set(Array.from({ length: 20 }, (_, seed) => kindOf(seed)))).to.deep.equal(new Set(KINDS));
  });

  it('shrinks to the steps without which nothing fails', async () => {
    const plan = planOf(7);
    const needed = [plan.steps[3]!, plan.steps[20]!];
    const smallest = await shrink(plan, ({ steps }) =>
      Promise.resolve(needed.every((step) => steps.includes(step))),
    );
    expect(smallest).to.deep.equal({ ...plan, steps: needed });
  });
});

describe('the fault suite', function () {
  this.timeout(60_000);
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'dockrx-faults-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const seed of SEEDS) {
    const plan = planOf(seed);
    it(`finds nothing wrong in seed ${seed} (${plan.kind})`, async function () {
      if (plan.sinks.includes('disk') && lackOf('tmpfs') !== undefined) this.skip();
      const { violations, published, delivered } = await carryOut(plan, folder);
      expect(violations).to.deep.equal([]);
      expect([published > 100, delivered > 100]).to.deep.equal([true, true]);
      expect(readdirSync(folder)).to.not.include('violations.txt');
    });
  }

  it('finds an alarm where a plan allows none, and keeps what shows it', async () => {
    const plan: Plan = {
      ...planOf(1),
      patient: true,
      steps: [
        { atMs: 0, act: { do: 'emit', count: 50 } },
        { atMs: 600, act: { do: 'refuse', ms: 200 } },
        { atMs: 680, act: { do: 'emit', count: 400 } },
      ],
    };
    const { violations } = await carryOut(plan, folder);
    expect(violations).to.have.length(1);
    expect(violations[0]).to.match(/: 1 gaps were told where nothing can be missing: history-overrun$/);
    expect(readFileSync(join(folder, 'violations.txt'), 'utf8')).to.equal(`${violations[0]!}\n`);
    expect(readFileSync(join(folder, 'truth.ndjson'), 'utf8').split('\n')).to.have.length(452);
    expect(JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))).to.deep.equal(plan);
    expect(readFileSync(join(folder, 'log.txt'), 'utf8')).to.include('"do":"refuse"');
    expect(readFileSync(join(folder, 'out-0.ndjson'), 'utf8').split('\n').length).to.be.within(200, 400);
  });
});
