import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { interval, of } from 'rxjs';
import { journaled } from '../../src/journal/journaled.ts';
import { hear } from '../sources/hear.ts';
import { journalFolder } from './feed.ts';

describe('journaled in a folder', () => {
  const dir = journalFolder();
  const lock = (): string => join(dir(), 'lock');
  const lockedBy = (holder: string): void => {
    mkdirSync(dir(), { recursive: true });
    symlinkSync(holder, lock());
  };

  it('is alone there, and says who else is; the other may try again', async () => {
    const one = hear(journaled(interval(1), { dir: dir() }));
    await one.until(({ records }) => records.length > 0);
    const second = journaled(interval(1), { dir: dir() });
    expect(await hear(second).failure).to.include({
      code: 'SOURCE_UNAVAILABLE',
      message: `journaled: ${dir()} is in use by process ${process.pid}: stop that one, or give each journal a dir of its own`,
    });
    expect(Number(readlinkSync(lock()).split('@')[0])).to.equal(process.pid);
    one.stop();
    for (let next = hear(second); next.records.length === 0;) {
      await next.until(({ records }) => records.length > 0).catch(() => undefined);
      if (next.error !== undefined) next = hear(second);
    }
  });

  it('respects the lock of another live process', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      lockedBy(`${child.pid}@`);
      expect(((await hear(journaled(of(1), { dir: dir() })).failure) as Error).message).to.match(
        new RegExp(`in use by process ${child.pid}:`),
      );
    } finally {
      child.kill();
    }
  });

  /** Above what a system gives: a number that was free is another process's soon. */
  const dead = 99_999_999;
  for (const [what, holder] of [
    ['of a process that is dead', `${dead}@`],
    ['of a process whose number another one has now', `${process.pid}@1`],
    ['that makes no sense', 'nonsense'],
    ['that names nobody', '0@'],
  ] as const)
    it(`takes over a lock ${what}`, async () => {
      lockedBy(holder);
      const heard = hear(journaled(of(1), { dir: dir() }));
      await heard.end;
      expect(heard.records).to.deep.equal([1]);
    });

  it('is taken over by one only, of many at once', async () => {
    lockedBy(`${dead}@`);
    const all = Array.from({ length: 20 }, () => hear(journaled(interval(1), { dir: dir() })));
    const first = await Promise.any(
      all.map((heard, i) => heard.until(({ records }) => records.length > 0).then(() => i)),
    );
    const failures = await Promise.all(all.filter((_, i) => i !== first).map(({ failure }) => failure));
    for (const error of failures) expect(error).to.have.property('code', 'SOURCE_UNAVAILABLE');
  });
});
