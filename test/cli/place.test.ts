import { expect } from 'chai';
import { displayPath, placeInStack, placeOfLink } from '../../src/cli/place.ts';

describe('cli: places', () => {
  const files = new Set(['/home/me/a b.ts', '/home/me/q.ts']);
  const stack = (...frames: readonly string[]): string =>
    ['Error: no', ...frames.map((at) => `    at ${at}`)].join('\n');

  it('are the first frame in a file of the user, in every form that Node writes', () => {
    const inside = { file: '/home/me/a b.ts', line: 3, column: 5 };
    for (const frame of [
      '/home/me/a b.ts:3:5',
      'f (/home/me/a b.ts:3:5)',
      'async Promise.all (index 0)\n    at async g (file:///home/me/a%20b.ts:3:5)',
      'async /home/me/a b.ts:3:5',
      'new Point (/home/me/a b.ts:3:5)',
    ])
      expect(
        placeInStack(stack('x (/lib/y.js:1:1)', frame, '/home/me/q.ts:9:9'), files),
        frame,
      ).to.deep.equal(inside);
    expect(placeInStack(stack('x (/lib/y.js:1:1)', 'node:internal:1:1'), files)).to.equal(undefined);
  });

  it('are read from the head of a link error', () => {
    const link = (path: string): string =>
      `${path}:3\n  nothing,\n  ^\n\nSyntaxError: no\n    at x (node:y:1:1)`;
    expect(placeOfLink(link('/home/me/q.ts'), files)).to.deep.equal({
      file: '/home/me/q.ts',
      line: 3,
      column: 3,
    });
    expect(placeOfLink(link('file:///home/me/q.ts'), files)).to.include({ file: '/home/me/q.ts', line: 3 });
    expect(placeOfLink(link('/elsewhere.ts'), files)).to.equal(undefined);
    expect(placeOfLink('SyntaxError: no', files)).to.equal(undefined);
  });

  it('are shown relative to here only when they are below', () => {
    expect(displayPath('/home/me/x/q.ts', '/home/me')).to.equal('x/q.ts');
    expect(displayPath('/home/me/..q.ts', '/home/me')).to.equal('..q.ts');
    expect(displayPath('/home/you/q.ts', '/home/me')).to.equal('/home/you/q.ts');
    expect(displayPath('/home/me', '/home/me')).to.equal('/home/me');
  });
});
