import { expect } from 'chai';
import { createStore } from '../../web/src/model/store.ts';
import { groupRows } from '../../web/src/model/rows.ts';
import type { Row } from '../../web/src/model/rows.ts';
import { at, facts, NOON, reading } from './records.ts';

const compose = (project: string, service: string): Record<string, string> => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
});

describe('web: rows', () => {
  const store = createStore();
  for (const one of [
    facts('web-10', { labels: compose('shop', 'web'), startedAt: at(-60), restartCount: 2 }),
    facts('web-9', { labels: compose('shop', 'web'), startedAt: at(-3600), health: 'unhealthy' }),
    facts('db', { labels: compose('blog', 'db'), startedAt: at(-10), memory: 1000 }),
    facts('done', { state: 'exited', exitCode: 0, startedAt: at(-9) }),
    facts('failed', { state: 'exited', exitCode: 3 }),
    facts('greedy', { state: 'exited', exitCode: 137, oomKilled: true }),
  ])
    store.take(one, NOON);
  const both = { networkRxBytesPerSecond: 10, networkTxBytesPerSecond: 5 };
  store.take(reading('web-10', 0, { cpuPercent: 5, memoryBytes: 300, ...both }), NOON);
  store.take(reading('web-9', 0, { cpuPercent: 50, memoryBytes: 200 }), NOON);
  store.take(reading('db', 0, { memoryBytes: 900, blockReadBytesPerSecond: 7 }), NOON);
  const rows = store.rows(NOON);
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
