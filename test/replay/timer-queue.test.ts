import { expect } from 'chai';
import fc from 'fast-check';
import { timerQueue } from '../../src/replay/timer-queue.ts';
import type { Timed } from '../../src/replay/timer-queue.ts';

describe('the queue of timers', () => {
  it('has the soonest first, whatever is added and taken out in between', () => {
    const step = fc.record({ add: fc.boolean(), dueMs: fc.nat(20), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const queue = timerQueue<Timed>();
        let sorted: Timed[] = [];
        for (const [order, { add, dueMs, which }] of steps.entries()) {
          if (add || sorted.length === 0) {
            const timed = { dueMs, order, at: -1 };
            queue.add(timed);
            sorted = [...sorted, timed].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
          } else {
            const [timed] = sorted.splice(which % sorted.length, 1);
            queue.remove(timed!);
            queue.remove(timed!);
          }
          expect(queue.first()).to.equal(sorted[0]);
        }
      }),
    );
  });
});
