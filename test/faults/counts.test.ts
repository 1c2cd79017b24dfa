import { expect } from 'chai';
import { miscounted } from '../../faults/counts.ts';

const lines = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const records = lines({ type: 'volume' }, { type: 'gap' }, { type: 'volume' });
const counted = (...counts: readonly (readonly [string, number])[]): string =>
  lines(...counts.map(([type, count]) => ({ labels: { type }, count })));

describe('counts of the fault suite', () => {
  it('are right where every record counts once', () => {
    expect(miscounted(records, counted(['volume', 1], ['gap', 1], ['volume', 2]))).to.deep.equal([]);
    expect(miscounted('', '')).to.deep.equal([]);
  });

  it('are wrong where one is doubled, left out, or counted as another', () => {
    for (const wrong of [
      counted(['volume', 1], ['gap', 1], ['volume', 3]),
      counted(['volume', 1], ['gap', 1], ['volume', 1]),
      counted(['volume', 1], ['volume', 2], ['gap', 1]),
      counted(['volume', 1], ['gap', 1]),
      counted(['volume', 1], ['gap', 1], ['volume', 2], ['gap', 2]),
    ])
      expect(miscounted(records, wrong), wrong).to.have.lengthOf(1);
  });
});
