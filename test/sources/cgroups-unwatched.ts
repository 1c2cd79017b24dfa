// Follows the tree of control groups given, in a process that may have few inotify watches; prints what was told.
import { cgroupEvents } from '../../src/sources/cgroup-events.ts';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hear } from './hear.ts';

const root = process.argv[2]!;
const [ONE, TWO] = ['1', '2'].map((digit) => `/docker/${digit.padStart(64, '0')}`) as [string, string];
const source = cgroupEvents({ root, rescanMs: 200 });
const heard = hear(source);
const tells = (action: string, cgroup: string): Promise<void> =>
  heard.until(({ records }) =>
    records.some((record) => record.action === action && record.cgroup === cgroup),
  );

await tells('create', ONE);
mkdirSync(join(root, TWO));
await tells('create', TWO);
writeFileSync(join(root, TWO, 'memory.events'), 'oom 2\noom_kill 2\n');
await tells('oom', TWO);
rmSync(join(root, ONE), { recursive: true });
await tells('destroy', ONE);
heard.stop();
const lines = heard.records.map(({ action, cgroup, oomKills }) =>
  [action, cgroup, oomKills].filter(Boolean).join(' '),
);
const notices = heard.facts.flatMap((fact) => (fact.type === 'notice' ? fact.message : []));
process.stdout.write(JSON.stringify({ lines, notices }));
