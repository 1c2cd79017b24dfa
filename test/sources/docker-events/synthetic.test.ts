import { expect } from 'chai';
import fc from 'fast-check';
import type { Step } from '../../../src/sources/docker-events/reconcile.ts';
import { syntheticEvents } from '../../../src/sources/docker-events/synthetic.ts';

const NOTICING = { host: 'here', simulated: false, flavour: 'docker', nano: '1795304600000000000' } as const;
const step = (id: string, action: Step['action'], timeNano?: string): Step => ({
  action,
  id,
  attributes: { name: id },
  timeNano,
});
const at = (offset: number): string => String(1_795_304_500_000_000_000n + BigInt(offset));

describe('syntheticEvents', () => {
  const order = (...containers: readonly (readonly Step[])[]): string[] =>
    syntheticEvents(containers, NOTICING).map(({ id, action }) => `${id} ${action}`);

  it('are records like those of the engine, marked', () => {
    expect(syntheticEvents([[step('a', 'start', at(5))]], NOTICING)).to.deep.equal([
      {
        kind: 'docker-event',
        host: 'here',
        synthetic: true,
        time: '2026-11-21T23:41:40.000000005Z',
        timeNano: at(5),
        type: 'container',
        action: 'start',
        id: 'a',
        attributes: { name: 'a' },
        scope: 'local',
      },
    ]);
  });

  it('of a simulated engine say so, and of Podman use its names', () => {
    const [event] = syntheticEvents([[step('a', 'destroy')]], {
      ...NOTICING,
      simulated: true,
      flavour: 'podman',
    });
    expect(event).to.include({ simulated: true, action: 'remove', timeNano: NOTICING.nano });
  });

  it('come in the order of their times', () => {
    expect(
      order([step('a', 'create', at(1)), step('a', 'start', at(3))], [step('b', 'create', at(2))]),
    ).to.deep.equal(['a create', 'b create', 'a start']);
  });

  it('without a time come before what followed, and last of all where nothing did', () => {
    expect(
      order([step('a', 'die'), step('a', 'destroy')], [step('b', 'die'), step('b', 'start', at(1))]),
    ).to.deep.equal(['b die', 'b start', 'a die', 'a destroy']);
  });

  it('keep the order of each container, whatever its times say', () => {
    const actions = ['create', 'start', 'pause', 'unpause', 'die', 'destroy'] as const;
    const time = fc.option(fc.nat(1000).map(at), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.array(time, { maxLength: 6 }), { maxLength: 5 }), (containers) => {
        const steps = containers.map((times, c) =>
          times.map((each, i) => step(String(c), actions[i]!, each)),
        );
        const events = syntheticEvents(steps, NOTICING);
        for (const [c, own] of steps.entries())
          expect(events.filter(({ id }) => id === String(c)).map(({ action }) => action)).to.deep.equal(
            own.map(({ action }) => action),
          );
        const times = events.map(({ timeNano }) => timeNano);
        expect(times).to.deep.equal([...times].sort());
      }),
    );
  });
});
