import { expect } from 'chai';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { damage } from '../../faults/damage.ts';
import { useTempFolder } from '../engine/temp-folder.ts';

describe('damage to a journal', () => {
  const folder = useTempFolder();
  const segments = ['0000000000000000.segment', '0000000000000100.segment'];
  const whole = Buffer.alloc(1000, 7);
  const now = (): Buffer[] => segments.map((name) => readFileSync(join(folder(), name)));
  beforeEach(() => {
    for (const name of segments) writeFileSync(join(folder(), name), whole);
    writeFileSync(join(folder(), 'lock'), 'other');
  });

  it('ends one segment early', () => {
    damage(folder(), 'cut', 0.75);
    expect(now()).to.deep.equal([whole, whole.subarray(0, 500)]);
  });

  it('turns one bit of one segment', () => {
    damage(folder(), 'flip', 0.25);
    const [first, second] = now();
    const different = [...first!].flatMap((byte, i) => (byte === whole[i] ? [] : [byte ^ whole[i]!]));
    expect(second).to.deep.equal(whole);
    expect(different).to.have.length(1);
    expect(Math.log2(different[0]!) % 1).to.equal(0);
  });

  it('is none where there is no journal, or no segment yet', () => {
    damage(join(folder(), 'absent'), 'cut', 0.5);
    for (const name of segments) rmSync(join(folder(), name));
    damage(folder(), 'cut', 0.5);
    expect(readdirSync(folder())).to.deep.equal(['lock']);
  });
});
