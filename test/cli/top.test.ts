import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { startSimulator } from '../../src/simulator/index.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { becomes } from '../sources/hear.ts';
import { fullScreenAfter } from './full-screen.ts';
import { killTop, openTop } from './open-top.ts';
import type { OnTerminal } from './open-top.ts';
import { useFolder } from './program.ts';
import type { Started } from './program.ts';

describe('cli: top', () => {
  const folder = useFolder();
  let simulator: Simulator;
  let started: Started | undefined;
  beforeEach(async () => {
    simulator = await startSimulator({ containers: 3, scenario: 'quiet', statsEveryMs: 200 });
  });
  afterEach(async () => {
    killTop(started);
    started = undefined;
    await simulator.close();
  });

  const open = (env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): OnTerminal => {
    const terminal = openTop(folder.path, { DOCKER_HOST: simulator.host, ...env }, args);
    started = terminal.program;
    return terminal;
  };

  /** The terminal is as it was found. */
  function isRestored(output: string): void {
    expect(fullScreenAfter(output, 120)).to.deep.include({
      ...{ alternate: undefined, hasCursor: true, wraps: true, isUpdating: false },
    });
  }

  it('shows what runs, follows what happens, and restores the terminal at q', async () => {
    const { press, program, shows, screen, output } = open();
    await shows(/^shop-api-1 .* running .*\d\.\d .* MiB .*[━─]{8} .*KiB/m);
    expect(screen()).to.include({ hasCursor: false, wraps: false });
    expect(screen().alternate![0]).to.match(/^\S+ docker \S+ {2}simulated {2}3 of 3 up /);

    simulator.start(simulator.createContainer({ name: 'hog' }));
    await shows(/^hog +running/m);
    simulator.oom('hog');
    await shows(/OOM KILL +hog/);
    await shows(/^hog +oom killed/m);
    simulator.remove('hog');
    await shows(/ destroy +hog/);
    await shows(/ 3 of 3 up /);
    expect(screen().alternate!.filter((line) => line.startsWith('hog'))).to.deep.equal([]);

    press('/db\r');
    await shows(/\/db {2}esc clear/);
    expect(screen().alternate!.filter((line) => /^shop-/.test(line))).to.have.length(1);
    press('\u001bp');
    await shows(/PAUSED/);
    simulator.start(simulator.createContainer({ name: 'late' }));
    press('a');
    await shows(/^NAME▲/m);
    expect(screen().alternate!.join('\n')).not.to.match(/^late /m);
    press('p');
    await shows(/^late /m);

    press('q');
    const { code } = await program.done;
    expect(code, output()).to.equal(0);
    isRestored(output());
    expect(fullScreenAfter(output(), 120).usual).to.equal('');
  });

  it('fits itself to a terminal that changes its size', async () => {
    const { press, program, shows, screen, tty, output } = open();
    await shows(/^shop-api-1 .*MiB/m);
    await shows(/q quit/);
    const before = output().length;
    execFileSync('stty', ['-F', tty(), 'cols', '50', 'rows', '12']);
    await becomes(() => {
      // What was drawn before is on a terminal of the old size.
      const after = output().slice(before);
      const at = after.indexOf('\u001b[2J');
      if (at < 0 || !after.includes('\u001b[?2026l', at)) return false;
      const { alternate } = fullScreenAfter(
        `\u001b[?1049h${after.slice(at, after.lastIndexOf('\u001b[?2026l'))}`,
        50,
      );
      return alternate!.length === 12 && alternate!.some((line) => /^shop-api-1 /.test(line));
    });
    expect(screen().alternate).to.have.length(12);
    press('q');
    expect((await program.done).code).to.equal(0);
  });

  it('restores the terminal however it ends', async () => {
    for (const [how, code] of [
      [({ press }: OnTerminal) => press('\u0003'), 0],
      [({ pid }: OnTerminal) => process.kill(pid(), 'SIGINT'), 0],
      [({ pid }: OnTerminal) => process.kill(pid(), 'SIGTERM'), 0],
    ] as const) {
      const terminal = open();
      await terminal.shows(/^shop-api-1 /m);
      how(terminal);
      expect((await terminal.program.done).code, terminal.output()).to.equal(code);
      isRestored(terminal.output());
    }
  });

  it('restores the terminal at an error, and says it then', async () => {
    const { program, output } = open({ DOCKER_HOST: 'ftp://x' });
    const { code } = await program.done;
    expect(code, output()).to.equal(1);
    isRestored(output());
    expect(output().split('\u001b[?1049l')[1]).to.match(/error: top docker\w+: failed: DOCKER_HOST is "ftp:/);
  });

  it('says why there is nothing to see, and goes on when there is', async () => {
    await simulator.down();
    const { press, program, shows } = open();
    await shows(/\.sock.*(ENOENT|does not exist|refused)/);
    await shows(/ away: docker/);
    await simulator.up();
    await shows(/^shop-api-1 .*MiB/m);
    press('q');
    expect((await program.done).code).to.equal(0);
  });

  it('uses colours, and none with NO_COLOR', async () => {
    for (const [value, coloured] of [
      [undefined, true],
      ['1', false],
    ] as const) {
      const { press, program, shows, output } = open({ NO_COLOR: value });
      await shows(/^shop-api-1 .* running /m);
      press('q');
      await program.done;
      expect(/\u001b\[\d+m/.test(output())).to.equal(coloured);
    }
  });

  it('prints one table in a pipe, and with --once on a terminal', async () => {
    const { code, stdout, stderr } = await folder.run(['top'], { DOCKER_HOST: simulator.host });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const cells = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ +/));
    expect(cells.map(([name]) => name)).to.deep.equal([
      ...['NAME', ...['api', 'cache', 'db'].map((name) => `shop-${name}-1`)],
    ]);
    const at = (title: string): (string | undefined)[] =>
      cells.slice(1).map((line) => line[cells[0]!.indexOf(title)]);
    for (const title of ['CPU%', 'MEMORY', 'RX/S', 'WRITE/S'])
      for (const cell of at(title)) expect(cell, stdout).to.match(/^\d/);

    const { program, output } = open({}, ['--once']);
    expect((await program.done).code).to.equal(0);
    expect(output()).not.to.contain('\u001b');
    expect(output()).to.match(/^NAME +IMAGE .*\r\n(shop-\S+ .*\r\n){3}$/);
  });

  it('fails in a pipe where no engine answers', async () => {
    const { code, stdout, stderr } = await folder.run(['top'], {
      DOCKER_HOST: `unix://${folder.path}/none.sock`,
    });
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.contain('no engine has told anything within 10 s');
  });
});
