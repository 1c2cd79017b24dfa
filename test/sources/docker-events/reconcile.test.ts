import { expect } from 'chai';
import type { Phase } from '../../../src/records/container-state.ts';
import type { DockerEvent } from '../../../src/records/docker-event.ts';
import type { KnownContainer } from '../../../src/sources/docker-events/known-containers.ts';
import {
  missedSteps,
  presentSteps,
  type PresentContainer,
  type Step,
} from '../../../src/sources/docker-events/reconcile.ts';

const ATTRIBUTES = { image: 'bb:1', name: 'web' };
/** Before the last event seen, and behind it. */
const [LONG_AGO, AGO, SINCE, EARLY, LATE] = ['100', '200', '300', '400', '500'] as const;

const knows = (phase: Phase, name = 'web'): KnownContainer => ({
  phase,
  attributes: { ...ATTRIBUTES, name },
});
const is = (phase: Phase, more: Partial<PresentContainer> = {}): PresentContainer => ({
  id: 'c',
  phase,
  attributes: ATTRIBUTES,
  createdNano: LONG_AGO,
  startedNano: AGO,
  finishedNano: undefined,
  exitCode: 0,
  oomKilled: false,
  ...more,
});
const told = (...actions: readonly string[]): readonly DockerEvent[] =>
  actions.map((action) => ({
    kind: 'docker-event',
    host: 'h',
    time: '',
    timeNano: LATE,
    type: 'container',
    action,
    id: 'c',
    attributes: ATTRIBUTES,
    scope: 'local',
  }));
const shown = (steps: readonly Step[]): string[] =>
  steps.map(({ action, timeNano, exit }) =>
    [action, timeNano, exit?.code].filter((part) => part !== undefined).join(' '),
  );
const missed = (
  known: KnownContainer | undefined,
  present: PresentContainer | undefined,
  next: readonly DockerEvent[] = [],
): string[] => shown(missedSteps('c', { known, present, told: next, sinceNano: SINCE }));

describe('missedSteps', () => {
  describe('of a container that is known', () => {
    const cases: readonly (readonly [
      string,
      KnownContainer,
      PresentContainer | undefined,
      readonly string[],
      readonly string[],
    ])[] = [
      ['still runs', knows('up'), is('up'), [], []],
      ['still is stopped', knows('down'), is('down', { finishedNano: AGO }), [], []],
      ['has died', knows('up'), is('down', { finishedNano: LATE, exitCode: 3 }), [], ['die 500 3']],
      [
        'has died, paused',
        knows('paused'),
        is('down', { finishedNano: LATE, exitCode: 137 }),
        [],
        ['die 500 137'],
      ],
      ['has started', knows('down'), is('up', { startedNano: LATE }), [], ['start 500']],
      [
        'has been restarted',
        knows('up'),
        is('up', { finishedNano: EARLY, startedNano: LATE }),
        [],
        ['die 400', 'start 500'],
      ],
      [
        'has run once more',
        knows('down'),
        is('down', { startedNano: EARLY, finishedNano: LATE, exitCode: 1 }),
        [],
        ['start 400', 'die 500 1'],
      ],
      [
        'is known since that start',
        { ...knows('up'), sinceNano: LATE },
        is('up', { startedNano: LATE }),
        [],
        [],
      ],
      [
        'had run before it was looked at',
        { ...knows('down'), sinceNano: LATE },
        is('down', { startedNano: EARLY, finishedNano: LATE }),
        [],
        [],
      ],
      ['has been paused', knows('up'), is('paused'), [], ['pause']],
      ['has been unpaused', knows('paused'), is('up'), [], ['unpause']],
      [
        'has been restarted and paused',
        knows('up'),
        is('paused', { finishedNano: EARLY, startedNano: LATE }),
        [],
        ['die 400', 'start 500', 'pause'],
      ],
      ['has gone, running', knows('up'), undefined, [], ['die', 'destroy']],
      ['has gone, stopped', knows('down'), undefined, [], ['destroy']],
      ['has been renamed', knows('up', 'old'), is('up'), [], ['rename']],
      // What the engine's events say is not said again.
      ['dies, it is told', knows('up'), is('down', { finishedNano: LATE }), ['die'], []],
      ['dies paused, it is told', knows('paused'), is('down', { finishedNano: LATE }), ['kill', 'die'], []],
      ['starts, it is told', knows('down'), is('up', { startedNano: LATE }), ['start'], []],
      ['goes, it is told', knows('up'), undefined, ['kill', 'die', 'destroy'], []],
      ['is unpaused, it is told', knows('paused'), is('up'), ['unpause'], []],
      // What they leave out is.
      [
        'is started again, without a die',
        knows('up'),
        is('up', { finishedNano: EARLY }),
        ['start'],
        ['die 400'],
      ],
      ['is removed, without a die', knows('up'), undefined, ['destroy'], ['die']],
      ['dies that was stopped', knows('down'), is('down', { finishedNano: LATE }), ['die'], ['start']],
      ['is unpaused that ran', knows('up'), is('up'), ['unpause'], ['pause']],
      ['starts twice', knows('up'), is('up', { startedNano: LATE }), ['die', 'start'], []],
    ];
    for (const [what, known, present, next, steps] of cases)
      it(`and ${what}: ${steps.join(', ') || 'none'}`, () => {
        expect(missed(known, present, told(...next))).to.deep.equal(steps);
      });
  });

  describe('of one that nobody knows', () => {
    it('are all since the last event', () => {
      expect(missed(undefined, is('up', { createdNano: EARLY, startedNano: LATE }))).to.deep.equal([
        'create 400',
        'start 500',
      ]);
      const ended = { createdNano: EARLY, startedNano: EARLY, finishedNano: LATE, exitCode: 2 };
      expect(missed(undefined, is('down', ended))).to.deep.equal(['create 400', 'start 400', 'die 500 2']);
    });

    it('are none of before', () => {
      expect(missed(undefined, is('up'))).to.deep.equal([]);
      expect(missed(undefined, is('down', { finishedNano: AGO }))).to.deep.equal([]);
      expect(missed(undefined, is('down', { finishedNano: LATE, exitCode: 9 }))).to.deep.equal(['die 500 9']);
    });

    it('are a create alone for one that never ran', () => {
      const never = { createdNano: LATE, startedNano: undefined, exitCode: 0 };
      expect(missed(undefined, is('down', never))).to.deep.equal(['create 500']);
    });

    it('are none where the events tell them all, or nothing is left of it', () => {
      const fresh = is('up', { createdNano: LATE, startedNano: LATE });
      expect(missed(undefined, fresh, told('create', 'start'))).to.deep.equal([]);
      expect(missed(undefined, fresh, told('start'))).to.deep.equal(['create 500']);
      expect(missed(undefined, undefined, told('die', 'destroy'))).to.deep.equal([]);
    });
  });

  it('tell no renaming that the events tell, and one that they do not', () => {
    const renamedFrom = (oldName: string): readonly DockerEvent[] =>
      told('rename').map((event) => ({ ...event, attributes: { ...ATTRIBUTES, oldName } }));
    expect(missed(knows('up', 'old'), is('up'), renamedFrom('/old'))).to.deep.equal([]);
    expect(missed(knows('up', 'older'), is('up'), renamedFrom('/old'))).to.deep.equal(['rename']);
    expect(missed(knows('up', 'old'), undefined, told('die', 'destroy'))).to.deep.equal(['rename']);
  });

  it('carry the attributes of a container, and their own', () => {
    const end = is('down', { finishedNano: LATE, exitCode: 3, oomKilled: true });
    expect(missedSteps('c', { known: knows('up'), present: end, told: [], sinceNano: SINCE })).to.deep.equal([
      {
        action: 'die',
        id: 'c',
        attributes: { ...ATTRIBUTES, exitCode: '3' },
        timeNano: LATE,
        exit: { code: 3, oomKilled: true, verified: true },
      },
    ]);
    const [rename] = missedSteps('c', {
      known: knows('up', 'old'),
      present: is('up'),
      told: [],
      sinceNano: SINCE,
    });
    expect(rename?.attributes).to.deep.equal({ ...ATTRIBUTES, oldName: '/old' });
  });

  it('claim no exit code that nobody has told', () => {
    const seen: PresentContainer = { id: 'c', phase: 'down', attributes: ATTRIBUTES };
    const [die] = missedSteps('c', { known: knows('up'), present: seen, told: [], sinceNano: SINCE });
    expect(die).to.deep.include({ attributes: ATTRIBUTES, exit: { verified: false } });
  });
});

describe('presentSteps', () => {
  const present = (container: PresentContainer, ...next: readonly string[]): string[] =>
    shown(presentSteps(container, told(...next)));

  it('tell what runs and what is paused, with its own times', () => {
    expect(present(is('up'))).to.deep.equal(['create 100', 'start 200']);
    expect(present(is('paused'))).to.deep.equal(['create 100', 'start 200', 'pause']);
  });

  it('tell nothing of what is stopped', () => {
    expect(present(is('down', { finishedNano: LATE }))).to.deep.equal([]);
  });

  it('tell nothing of what the events tell', () => {
    expect(present(is('up'), 'start')).to.deep.equal(['create 100']);
    expect(present(is('up'), 'create', 'start')).to.deep.equal([]);
  });

  it('tell what the events go on from', () => {
    expect(present(is('down', { finishedNano: LATE }), 'die')).to.deep.equal(['create 100', 'start 200']);
  });
});
