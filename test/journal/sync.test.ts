import { expect } from 'chai';
import { journaled } from '../../src/journal/journaled.ts';
import type { JournaledOptions } from '../../src/journal/journaled.ts';
import { countSyncs } from '../count-syncs.ts';
import { becomes, hear } from '../sources/hear.ts';
import { fed, journalFolder } from './feed.ts';

describe('journaled forces records to the disk', () => {
  const dir = journalFolder();
  const calls = countSyncs();

  /** How often, by the time each of two records is given, and in the end. */
  const counted = async (options: Partial<JournaledOptions>): Promise<readonly number[]> => {
    const { source, push, end } = fed();
    const heard = hear(journaled(source, { dir: dir(), ...options }));
    const counts: number[] = [];
    for (const seq of [1, 2]) {
      push({ seq });
      await heard.until(({ records }) => records.length === seq);
      counts.push(calls());
    }
    end();
    await heard.end;
    return [...counts, calls()];
  };

  it('before anything downstream sees them, by default', async () => {
    // The first time the folder too, which has a new name.
    expect(await counted({})).to.deep.equal([2, 3, 3]);
  });

  it('never, under never', async () => {
    expect(await counted({ sync: 'never' })).to.deep.equal([0, 0, 0]);
  });

  it('in the end, under an interval', async () => {
    const everyHour = { everyMs: 3_600_000 };
    expect(await counted({ sync: everyHour })).to.deep.equal([1, 1, 2]);
  });

  it('every so often, and only when there is something new', async () => {
    const { source, push } = fed();
    const heard = hear(journaled(source, { dir: dir(), sync: { everyMs: 20 } }));
    push(1);
    await heard.until(({ records }) => records.length === 1);
    await becomes(() => calls() === 2);
    const start = Date.now();
    await becomes(() => Date.now() - start > 100);
    expect(calls()).to.equal(2);
    push(2);
    await becomes(() => calls() === 3);
  });
});
