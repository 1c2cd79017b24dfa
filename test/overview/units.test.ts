import { expect } from 'chai';
import { shortId, shortImage, showClock, showDuration, showZone } from '../../src/overview/units.ts';

describe('overview: units', () => {
  it('a duration by its two largest units', () => {
    for (const [seconds, text] of [
      [-1, '0 s'],
      [0.4, '0 s'],
      [59.9, '59 s'],
      [60, '1 min'],
      [61, '1 min 1 s'],
      [600, '10 min'],
      [3_600 * 5 + 120, '5 h 2 min'],
      [86_400 * 3 + 3_600 * 4, '3 d 4 h'],
      [86_400 * 40, '40 d'],
    ] as const)
      expect(showDuration(seconds), String(seconds)).to.equal(text);
  });

  it('a clock and its zone', () => {
    const at = new Date(2026, 5, 4, 3, 5, 9).getTime();
    expect(showClock(at)).to.equal('03:05:09');
    expect(showZone(at)).to.match(/^UTC(?:[+−]\d{1,2}(?::\d\d)?)?$/);
  });

  it('ids short, and nothing else', () => {
    expect([shortId('ab'.repeat(32)), shortId('data')]).to.deep.equal(['abababababab', 'data']);
  });

  it('images without what all of them begin with', () => {
    for (const [image, short] of [
      ['nginx', 'nginx'],
      ['docker.io/library/redis:7', 'redis:7'],
      ['registry.example.com:5000/team/app:1.2', 'team/app:1.2'],
      [`localhost/app@sha256:${'ab'.repeat(32)}`, 'app'],
      ['team/app:1', 'team/app:1'],
      [`sha256:${'ab'.repeat(32)}`, 'abababababab'],
    ] as const)
      expect(shortImage(image)).to.equal(short);
  });
});
