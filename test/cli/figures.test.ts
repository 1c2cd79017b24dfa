import { expect } from 'chai';
import { figuresOf, short, tellReasons } from '../../src/cli/figures.ts';
import { stage } from './stage.ts';

describe('cli: figures', () => {
  it('take in from the sources, out from the sinks, and losses from every stage', () => {
    const figures = figuresOf([
      stage('source', { received: 10, added: 2, rejected: { bad: 1 }, inFlight: 1 }),
      stage('source', { received: 5, filtered: 1, dropped: { conflated: 2 } }),
      stage('operator', { received: 11, delivered: 7, filtered: 3, deduplicated: 1 }),
      stage('sink', { delivered: 6, inFlight: 1, rejected: { bad: 2 }, retries: 1, targets: ['a', 'b'] }),
      stage('sink', { delivered: 7, dropped: { 'drop-newest': 4 }, targets: ['b'] }),
    ]);
    expect(figures).to.deep.equal({
      received: 15,
      delivered: 13,
      filtered: 4,
      deduplicated: 1,
      added: 2,
      inFlight: 2,
      retries: 1,
      dropped: { conflated: 2, 'drop-newest': 4 },
      rejected: { bad: 3 },
      targets: ['a', 'b'],
    });
  });

  it('name reasons with their counts', () => {
    expect(tellReasons({})).to.equal('0');
    expect(tellReasons({ a: 1200, b: 1 })).to.equal('1,201 (a 1,200, b 1)');
  });

  it('fit any count into five characters', () => {
    const counts = [
      0, 7.4, 999.6, 9_999, 10_000, 99_949, 99_950, 999_499, 999_500, 9_994_999, 1e9, 123e12, 9e15,
    ];
    expect(counts.map(short)).to.deep.equal([
      '0',
      '7',
      '1,000',
      '9,999',
      '10.0k',
      '99.9k',
      '100k',
      '999k',
      '1.00M',
      '9.99M',
      '1.00G',
      '123T',
      '9000T',
    ]);
  });
});
