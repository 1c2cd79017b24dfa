import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { containerStateIn } from '../../src/records/container-state.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const inspected = ['docker', 'docker-cgroupv2'].flatMap((folder) =>
  readdirSync(new URL(folder, FIXTURES))
    .filter((name) => name.startsWith('inspect-'))
    .map((name) => `${folder}/${name}`),
);

interface Inspected {
  readonly Created: string;
  readonly State: Readonly<Record<string, unknown>>;
}

/** The digits of a time, by other means. */
const digits = (time: string): string | undefined => {
  const [, seconds, fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(time)!;
  const nano = BigInt(Date.parse(`${seconds!}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  return nano < 0n ? undefined : String(nano);
};

describe('containerStateIn', () => {
  for (const name of inspected)
    it(`reads ${name}`, () => {
      const [answer] = [JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8'))].flat() as Inspected[];
      const { Created, State } = answer!;
      expect(containerStateIn(answer)).to.deep.equal({
        phase: State['Status'] === 'running' ? 'up' : 'down',
        createdNano: digits(Created),
        startedNano: digits(State['StartedAt'] as string),
        finishedNano: digits(State['FinishedAt'] as string),
        exitCode: State['ExitCode'],
        oomKilled: State['OOMKilled'],
      });
    });

  const phaseOf = (State: object): string => containerStateIn({ State }).phase;

  it('tells what runs from what is paused, waits for its restart, or has ended', () => {
    expect(phaseOf({ Running: true })).to.equal('up');
    expect(phaseOf({ Running: true, Paused: true })).to.equal('paused');
    expect(phaseOf({ Running: true, Restarting: true })).to.equal('down');
    expect(phaseOf({ Running: false, Dead: true })).to.equal('down');
  });

  it('refuses what is no container', () => {
    for (const answer of [null, [], 'x', {}, { State: null }])
      expect(() => containerStateIn(answer)).to.throw(TypeError);
  });
});
