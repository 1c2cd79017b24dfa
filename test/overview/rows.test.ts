import { expect } from 'chai';
import { firstDirection, nextSort, sortRows } from '../../src/overview/order.ts';
import type { SortKey } from '../../src/overview/order.ts';
import { uptimeSeconds } from '../../src/overview/rows.ts';
import type { ContainerRow } from '../../src/overview/rows.ts';
import { searchRows } from '../../src/overview/search.ts';
import { NOON, storeOfSix } from '../web/records.ts';

describe('overview: rows', () => {
  const rows = storeOfSix().rows(NOON);
  const namesOf = (some: readonly ContainerRow[]): string => some.map(({ name }) => name).join(' ');
  const sorted = (by: SortKey, descending = firstDirection(by)): string =>
    namesOf(sortRows(rows, { by, descending }));

  it('sort by each column, what is of interest first, unknown values last in both directions', () => {
    expect(sorted('name')).to.equal('db done failed greedy web-9 web-10');
    expect(sorted('name', true)).to.equal('web-10 web-9 greedy failed done db');
    expect(sorted('state')).to.equal('greedy web-9 failed db web-10 done');
    expect(sorted('uptime')).to.equal('web-9 web-10 db done failed greedy');
    expect(sorted('restarts')).to.equal('web-10 db done failed greedy web-9');
    expect(sorted('cpu')).to.equal('web-9 web-10 db done failed greedy');
    expect(sorted('cpu', false)).to.equal('web-10 web-9 db done failed greedy');
    expect(sorted('memory')).to.equal('db web-10 web-9 done failed greedy');
    expect(sorted('network')).to.match(/^web-10 db/);
    expect(sorted('block')).to.match(/^db done/);
  });

  it('sort by the same once more the other way round', () => {
    const first = nextSort({ by: 'name', descending: false }, 'cpu');
    expect(first).to.deep.equal({ by: 'cpu', descending: true });
    expect(nextSort(first, 'cpu')).to.deep.equal({ by: 'cpu', descending: false });
    expect(nextSort(first, 'state')).to.deep.equal({ by: 'state', descending: false });
  });

  it('are found by every word, wherever it stands', () => {
    const found = (text: string): string => namesOf(searchRows(rows, text));
    expect(found('  ')).to.equal(namesOf(rows));
    expect(found('SHOP web')).to.equal('web-10 web-9');
    expect(found('shop unhealthy')).to.equal('web-9');
    expect(found('db:1')).to.equal('db');
    expect(found('id-of-gr')).to.equal('greedy');
    expect(found('of-gr')).to.equal('');
  });

  it('tell an uptime only while they run', () => {
    const uptimes = Object.fromEntries(rows.map((row) => [row.name, uptimeSeconds(row, NOON)]));
    expect(uptimes).to.include({ 'web-10': 60, 'web-9': 3600, done: undefined });
  });
});
