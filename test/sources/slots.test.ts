import { expect } from 'chai';
import { slots } from '../../src/sources/shared/slots.ts';

describe('slots', () => {
  /** Tasks that end when they are told to; `started` has their numbers in order. */
  const tasks = (count: number): { started: number[]; end: (() => void)[]; all: (() => Promise<void>)[] } => {
    const started: number[] = [];
    const end: (() => void)[] = [];
    const all = Array.from({ length: count }, (_, i) => (): Promise<void> => {
      started.push(i);
      return new Promise((resolve) => (end[i] = resolve));
    });
    return { started, end, all };
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('start tasks in order, so many at a time', async () => {
    const { start } = slots(2, 60_000);
    const { started, end, all } = tasks(5);
    all.forEach(start);
    expect(started).to.deep.equal([0, 1]);
    end[1]!();
    await turn();
    expect(started).to.deep.equal([0, 1, 2]);
    end[0]!();
    end[2]!();
    await turn();
    expect(started).to.deep.equal([0, 1, 2, 3, 4]);
    end[3]!();
    end[4]!();
  });

  it('are given away by tasks that are slow, which end as they like', async () => {
    const { start } = slots(1, 20);
    const { started, end, all } = tasks(2);
    all.forEach(start);
    while (started.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    end[0]!();
    end[1]!();
    await turn();
    const more = tasks(2);
    more.all.forEach(start);
    expect(more.started).to.deep.equal([0]);
    more.end[0]!();
    await turn();
    expect(more.started).to.deep.equal([0, 1]);
    more.end[1]!();
  });

  it('forget what waits when they are cleared', async () => {
    const { start, clear } = slots(1, 60_000);
    const { started, end, all } = tasks(3);
    all.forEach(start);
    clear();
    end[0]!();
    await turn();
    expect(started).to.deep.equal([0]);
  });
});
