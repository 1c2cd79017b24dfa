import { expect } from 'chai';
import fc from 'fast-check';
import { globMatcher } from '../../src/records/globs.ts';

/** The plainest way to match a glob. */
function matches(glob: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = glob;
  if (first === undefined) return text.length === 0;
  if (first === '*') return matches(rest, text) || (text.length > 0 && matches(glob, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && matches(rest, text.slice(1));
}

describe('globMatcher', () => {
  it('matches whole texts', () => {
    const match = globMatcher(['web', 'db-*', '?x']);
    expect(['web', 'db-', 'db-1', 'ax'].every(match)).to.equal(true);
    expect(['', 'webs', 'aweb', 'db', 'x', 'abx', 'Web'].some(match)).to.equal(false);
  });

  it('matches nothing by no globs, and everything by *', () => {
    expect(globMatcher([])('')).to.equal(false);
    expect(['', 'a\nb', '🐳'].every(globMatcher(['a', '*']))).to.equal(true);
  });

  it('takes one character for ?, whatever it is', () => {
    expect(globMatcher(['?'])('🐳')).to.equal(true);
    expect(globMatcher(['a?b'])('a\nb')).to.equal(true);
  });

  it('takes all other characters for themselves', () => {
    for (const glob of ['a.b', 'a+', '(a|b)', '[ab]', 'a{2}', '^a$', 'a\\b', '/a', 'a-z', '$&'])
      expect(globMatcher([glob])(glob), glob).to.equal(true);
    expect(globMatcher(['a.b'])('axb')).to.equal(false);
    expect(globMatcher(['[ab]'])('a')).to.equal(false);
    expect(globMatcher(['a|b'])('a')).to.equal(false);
  });

  it('agrees with the plainest way to match', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n', '🐳'), maxLength: 8 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?', '🐳'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(glob, { maxLength: 3 }), text, (globs, given) => {
        expect(globMatcher(globs)(given)).to.equal(
          globs.some((each) => matches(Array.from(each), Array.from(given))),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
