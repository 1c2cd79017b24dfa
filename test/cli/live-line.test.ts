import { expect } from 'chai';
import { figuresOf } from '../../src/cli/figures.ts';
import { liveLines } from '../../src/cli/live-line.ts';
import type { LiveState } from '../../src/cli/live-line.ts';
import { stage } from './stage.ts';

const pipeline = (more: Partial<LiveState> = {}): LiveState => ({
  name: 'stats-to-file',
  figures: figuresOf([
    stage('source', { received: 45_210, delivered: 45_209, rejected: { 'not-json': 1 }, retries: 2 }),
    stage('sink', { received: 45_209, delivered: 45_194, dropped: { 'drop-oldest': 3 }, inFlight: 12 }),
  ]),
  inPerSecond: 1203.4,
  outPerSecond: 1199.6,
  state: 'running',
  ...more,
});
const idle = (name: string): LiveState =>
  pipeline({ name, figures: figuresOf([]), inPerSecond: 0, outPerSecond: 0 });

describe('cli: live lines', () => {
  const wide = { columns: 200, rows: 24, colour: false };

  it('tell rates, totals, what is in flight and what went wrong', () => {
    expect(liveLines([pipeline()], wide)).to.deep.equal([
      'stats-to-file  in 1,203/s  out 1,200/s  total 45.2k → 45.2k  in flight    12  dropped 3  rejected 1  retries 2',
    ]);
  });

  it('leave out what is zero, and tell any state but running', () => {
    expect(liveLines([{ ...idle('a'), state: 'paused' }], wide)).to.deep.equal([
      'a  in     0/s  out     0/s  total     0 →     0  in flight     0  paused',
    ]);
  });

  it('stand in columns whatever the names and numbers', () => {
    const [one = '', two = ''] = liveLines([idle('a'), { ...pipeline(), name: 'longer-name' }], wide);
    expect(one.indexOf(' in ')).to.equal(two.indexOf(' in '));
    expect(one.indexOf('total')).to.equal(two.indexOf('total'));
    expect(one.indexOf('in flight')).to.equal(two.indexOf('in flight'));
  });

  it('give up the least important first in a narrow terminal, and never reach its last column', () => {
    const at = (columns: number): string => liveLines([pipeline()], { ...wide, columns })[0]!;
    expect(at(100)).to.equal(
      'stats-to-file  in 1,203/s  out 1,200/s  total 45.2k → 45.2k  dropped 3  rejected 1  retries 2',
    );
    expect(at(50)).to.equal('stats-to-file  in 1,203/s  out 1,200/s  dropped 3');
    expect(at(30)).to.equal('stats-to-file  out 1,200/s');
    expect(at(20)).to.equal('stats-to-file');
    expect(at(10)).to.equal('stats-to…');
    for (let columns = 1; columns < 130; columns += 1)
      expect(at(columns).length).to.be.lessThan(Math.max(2, columns));
  });

  it('sum up the pipelines for which the terminal is too low', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map(idle);
    const lines = liveLines(many, { ...wide, rows: 4 });
    expect(lines.map((line) => line.slice(0, 10))).to.deep.equal(['a  in     ', 'b  in     ', 'and 3 more']);
    expect(liveLines(many, { ...wide, rows: 6 })).to.have.length(5);
    expect(liveLines(many, { ...wide, rows: 1 })).to.deep.equal(['and 5 more']);
  });

  it('are coloured only when asked, which changes no text', () => {
    const states = [pipeline({ state: 'retrying' }), idle('b')];
    const coloured = liveLines(states, { ...wide, colour: true });
    expect(coloured[0])
      .to.contain('\u001b[31mdropped 3\u001b[39m')
      .and.to.contain('\u001b[33mretrying\u001b[39m');
    expect(coloured.map((line) => line.replace(/\u001b\[\d+m/g, ''))).to.deep.equal(liveLines(states, wide));
  });
});
