import { readdirSync, readlinkSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';

/** What this process holds: open files, timers and requests under way, ears for signals. */
export type Resources = readonly string[];

/** What is held now; mocha's own timer of an asynchronous test runs from the next turn on. */
export async function resources(): Promise<Resources> {
  await nextTurn();
  return held();
}

function held(): Resources {
  const active = process.getActiveResourcesInfo().filter((kind) => kind !== 'Immediate');
  const ears = process.eventNames().map((name) => `${String(name)} x${process.listenerCount(name)}`);
  return [...openFiles(), ...active, ...ears, `max listeners ${process.getMaxListeners()}`].sort();
}

/** Resolves once the process holds no more than it did; fails by the test's own timeout, naming what is left. */
export async function released(before: Resources, withinMs = 5000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (more(held(), before).length > 0 && Date.now() < deadline) await nextTurn();
  expect(more(held(), before), 'still held').to.deep.equal([]);
}

function more(now: Resources, before: Resources): string[] {
  const known = [...before];
  return now.filter((held) => {
    const at = known.indexOf(held);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

export function openFiles(): string[] {
  const folder = '/proc/self/fd';
  return readdirSync(folder).flatMap((fd) => {
    try {
      const target = readlinkSync(`${folder}/${fd}`);
      return target.startsWith('/proc/') ? [] : [target];
    } catch {
      return [];
    }
  });
}
