import { expect } from 'chai';
import { signalCourse } from '../../src/cli/signals.ts';

describe('cli: signals', () => {
  it('stop at the first and exit at the second', () => {
    const course = signalCourse();
    expect([course('SIGINT', 1000), course('SIGINT', 1600)]).to.deep.equal(['stop', 'exit']);
  });

  it('do not take the echo of one Ctrl-C for a second, as npm makes it', () => {
    const course = signalCourse();
    expect([course('SIGINT', 1000), course('SIGINT', 1001), course('SIGINT', 1499)]).to.deep.equal([
      'stop',
      'nothing',
      'nothing',
    ]);
    expect(course('SIGINT', 1500)).to.equal('exit');
  });

  it('exit at once at another signal', () => {
    const course = signalCourse();
    expect([course('SIGINT', 1000), course('SIGTERM', 1001)]).to.deep.equal(['stop', 'exit']);
  });
});
