import { expect } from 'chai';
import { groupRows } from '../../web/src/model/rows.ts';
import type { Row } from '../../web/src/model/rows.ts';
import { NOON, storeOfSix } from './records.ts';

describe('web: rows', () => {
  const rows = storeOfSix().rows(NOON);
  const namesOf = (some: readonly Row[]): string => some.map(({ name }) => name).join(' ');

  it('are grouped by compose project, those of none last, with their sums', () => {
    const groups = groupRows(rows).map(({ project, rows: own, up, cpuPercent, memoryBytes }) => ({
      ...{ project, names: namesOf(own), up, cpuPercent, memoryBytes },
    }));
    expect(groups).to.deep.equal([
      { project: 'blog', names: 'db', up: 1, cpuPercent: 0, memoryBytes: 900 },
      { project: 'shop', names: 'web-10 web-9', up: 2, cpuPercent: 55, memoryBytes: 500 },
      { project: '', names: 'done failed greedy', up: 0, cpuPercent: 0, memoryBytes: 0 },
    ]);
  });
});
