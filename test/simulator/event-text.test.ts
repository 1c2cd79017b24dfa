import { expect } from 'chai';
import { eventText } from '../../src/simulator/event-text.ts';
import { nanoOf, parseEvents, recordedLines } from './support.ts';

const files = [
  ['docker', 'events-scenario.docker-20.10-cgroupv1.ndjson'],
  ['docker-cgroupv2', 'events-scenario.docker-26.1-cgroupv2.ndjson'],
  ['docker-cgroupv2', 'events-scenario.docker-28.5-cgroupv2.ndjson'],
] as const;

describe('eventText', () => {
  for (const [folder, name] of files) {
    it(`writes every event of ${name} byte for byte as the engine did`, () => {
      const lines = recordedLines(folder, name);
      expect(lines.length).to.be.greaterThan(50);
      for (const line of lines) {
        const [event] = parseEvents([line]);
        const { Type, Action, Actor } = event!;
        const ours = eventText(
          { type: Type, action: Action, id: Actor.ID, attributes: Actor.Attributes },
          nanoOf(line),
          true,
        );
        expect(ours).to.equal(line);
      }
    });
  }

  it('leaves status, id and from out of the newer form', () => {
    const event = { type: 'container', action: 'top', id: 'a', attributes: { image: 'i', name: 'n' } };
    expect(eventText(event, 1_000_000_001n, false)).to.equal(
      '{"Type":"container","Action":"top","Actor":{"ID":"a","Attributes":{"image":"i","name":"n"}},"scope":"local","time":1,"timeNano":1000000001}',
    );
  });

  it('sorts attributes as text, also those that look like numbers', () => {
    const text = eventText(
      { type: 't', action: 'a', id: '', attributes: { b: '', '10': '', '9': '', A: '' } },
      0n,
      true,
    );
    expect([...text.matchAll(/"(\w+)":""/g)].map(([, key]) => key)).to.deep.equal([
      'ID',
      '10',
      '9',
      'A',
      'b',
    ]);
  });
});
