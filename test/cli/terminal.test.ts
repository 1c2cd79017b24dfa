import { expect } from 'chai';
import { openTerminal } from '../../src/cli/terminal.ts';
import { screenAfter } from './screen.ts';

describe('cli: the terminal', () => {
  const fake = (): { columns: number; rows: number; output: string; write: (text: string) => unknown } => ({
    columns: 10,
    rows: 5,
    output: '',
    write(text) {
      // As a terminal does with a line break.
      this.output += text.replaceAll('\n', '\r\n');
      return true;
    },
  });

  it('keeps live lines below what is written above them', () => {
    const screen = fake();
    const terminal = openTerminal(screen);
    terminal.draw(['live 1']);
    terminal.above('log 1\n');
    terminal.draw(['live 2', 'live 3']);
    terminal.above('log 2\nlog 3\n');
    expect(screenAfter(screen.output)).to.deep.equal(['log 1', 'log 2', 'log 3', 'live 2', 'live 3', '']);
    terminal.draw([]);
    expect(screenAfter(screen.output)).to.deep.equal(['log 1', 'log 2', 'log 3', '']);
  });

  it('gives way when others write to the same terminal, until it is closed', () => {
    const screen = fake();
    const other = { write: (text: string) => screen.write(`other ${text}`) };
    const { write } = other;
    const terminal = openTerminal(screen, [other]);
    terminal.draw(['live']);
    other.write('data\n');
    screen.write('more\n');
    expect(screenAfter(screen.output)).to.deep.equal(['other data', 'more', '']);
    terminal.draw(['live']);
    terminal.close();
    expect(screenAfter(screen.output)).to.deep.equal(['other data', 'more', '']);
    expect(other.write).to.equal(write);
  });

  it('erases every row of a line that wraps since the terminal became narrower', () => {
    const screen = fake();
    const terminal = openTerminal(screen);
    terminal.draw(['\u001b[1m123456789\u001b[22m', 'short']);
    screen.columns = 4;
    screen.output = '';
    terminal.draw([]);
    expect(screen.output).to.equal('\r\u001b[5A\u001b[J');
  });

  it('takes a terminal that does not know its size for one of 80 columns and 24 rows', () => {
    const screen = { ...fake(), columns: 0, rows: 0 };
    const terminal = openTerminal(screen);
    expect([terminal.columns, terminal.rows]).to.deep.equal([80, 24]);
    terminal.draw(['live 1']);
    terminal.draw(['live 2']);
    expect(screenAfter(screen.output)).to.deep.equal(['live 2', '']);
  });

  it('writes nothing when there is nothing to draw', () => {
    const screen = fake();
    const terminal = openTerminal(screen);
    terminal.draw([]);
    terminal.close();
    expect(screen.output).to.equal('');
  });
});
