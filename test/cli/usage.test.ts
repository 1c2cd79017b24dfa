import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as dockrx from '../../src/index.ts';
import { PROGRAM, ROOT, startProgram, useFolder } from './program.ts';

const COMMANDS = [
  ...['run', 'init', 'record', 'live', 'top', 'tap', 'check', 'test', 'graph', 'doctor'],
  ...['list', 'completion'],
];

describe('cli: usage', () => {
  const folder = useFolder();

  const wrong: Readonly<Record<string, readonly [args: readonly string[], line: string]>> = {
    'an unknown command': [['rnu'], `error: unknown command 'rnu' (Did you mean run?); see pipeline --help`],
    'an unknown flag': [
      ['run', '--drian', 'x.ts'],
      `error: unknown option '--drian' (Did you mean --drain?); see pipeline run --help`,
    ],
    'an unknown flag before the command': [
      ['--wrong', 'list'],
      `error: unknown option '--wrong'; see pipeline --help`,
    ],
    'no files': [['check'], `error: missing required argument 'files'; see pipeline check --help`],
    'too many arguments': [
      ['list', 'x'],
      `error: too many arguments for 'list'. Expected 0 arguments but got 1.; see pipeline list --help`,
    ],
    'a wrong duration': [
      ['run', '--drain', '10', 'x.ts'],
      `error: option '--drain <duration>' argument '10' is invalid. It must be like 500ms, 10s, 2m or 1h.; see pipeline run --help`,
    ],
    'a wrong choice': [
      ['run', '--log-level=loud', 'x.ts'],
      `error: option '--log-level <level>' argument 'loud' is invalid. Allowed choices are error, warn, info, debug.; see pipeline run --help`,
    ],
    'a wrong place to listen': [
      ['run', '--listen', '9808', 'x.ts'],
      `error: option '--listen <host:port>' argument '9808' is invalid. It must be HOST:PORT, such as 127.0.0.1:9808 or [::1]:9808.; see pipeline run --help`,
    ],
    'two options that exclude each other': [
      ['run', '--watch', '--engine-metrics', 'http://127.0.0.1:9323/metrics', 'x.ts'],
      `error: option '--watch' cannot be used with option '--engine-metrics <url>'; see pipeline run --help`,
    ],
    'a wrong number': [
      ['tap', 'x', '--limit', '0'],
      `error: option '--limit <n>' argument '0' is invalid. It must be a whole number from 1.; see pipeline tap --help`,
    ],
    'a wrong time to simulate': [
      ['run', '--simulate=never', 'x.ts'],
      `error: option '--simulate [when]' argument 'never' is invalid. Allowed choices are always, if-absent.; see pipeline run --help`,
    ],
  };
  for (const [what, [args, line]] of Object.entries(wrong))
    it(`answers ${what} with one line and exit code 2`, async () => {
      const outcome = await folder.run(args);
      expect(outcome).to.deep.equal({ code: 2, stdout: '', stderr: `${line}\n` });
    });

  it('prints help on stderr and exits 2 without a command', async () => {
    const { code, stdout, stderr } = await folder.run([]);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.match(/^Usage: pipeline /);
  });

  for (const command of ['', ...COMMANDS])
    it(`explains ${command || 'itself'} with examples, on stdout`, async () => {
      const outcome = await folder.run([...command.split(' ').filter(Boolean), '--help']);
      expect(outcome).to.include({ code: 0, stderr: '' });
      expect(outcome.stdout).to.match(new RegExp(`^Usage: pipeline ${command}`));
      expect(outcome.stdout).to.match(/Examples:\n {2}\$ .*pipeline /);
      if (command !== '') expect(await folder.run(['help', command])).to.deep.equal(outcome);
    });

  it('prints its version everywhere', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    for (const args of [['--version'], ['-V'], ['run', '--version']])
      expect(await folder.run(args)).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('calls itself dockrx when started by that name', async () => {
    symlinkSync(PROGRAM, join(folder.path, 'dockrx'));
    const { code, stderr } = await startProgram(join(folder.path, 'dockrx'), ['x'], folder.path).done;
    expect({ code, stderr }).to.deep.equal({
      code: 2,
      stderr: `error: unknown command 'x'; see dockrx --help\n`,
    });
  });

  it('does not mind that its reader leaves', async () => {
    const { child, done } = folder.start(['list']);
    child.stdout!.destroy();
    expect(await done).to.include({ code: 0, stderr: '' });
  });

  describe('list', () => {
    it('names every source, operator and sink of the package, each with what it is', async () => {
      const { code, stdout } = await folder.run(['list']);
      expect(code).to.equal(0);
      const listed = [...stdout.matchAll(/^ {2}(\w+) +(\S.*)$/gm)].map(([, name]) => name!);
      expect(stdout).to.match(/^Sources\n {2}\w[^]*\nOperators\n {2}\w[^]*\nSinks\n {2}\w/);
      const barrel = readFileSync(join(ROOT, 'src/index.ts'), 'utf8');
      const imported = [
        ...barrel.matchAll(/export \{([^}]*)\} from '\.\/(?:sources|journal|operators|sinks)\/[^/']+'/g),
      ];
      const expected = imported
        .flatMap(([, names]) => names!.split(',').map((name) => name.trim()))
        .filter(Boolean);
      expect(listed.toSorted()).to.deep.equal(expected.toSorted());
      for (const name of listed) expect(dockrx).to.have.property(name).that.is.a('function');
    });
  });

  describe('completion', () => {
    /** What bash offers for the last of the words. */
    const offers = async (...words: readonly string[]): Promise<readonly string[]> => {
      const { stdout } = await folder.run(['completion', 'bash']);
      const test = `${stdout}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dockrx_pipeline; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const options = { cwd: folder.path, encoding: 'utf8' } as const;
      return execFileSync('bash', ['-c', test, 'bash', ...words], options)
        .split('\n')
        .filter(Boolean);
    };

    it('is a script that bash takes without a word', async () => {
      for (const shell of ['bash', 'zsh']) {
        const { code, stdout } = await folder.run(['completion', shell]);
        expect(code).to.equal(0);
        expect(execFileSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).to.equal('');
      }
    });

    it('offers commands, flags, their values and pipeline files', async () => {
      folder.write({ 'a b.ts': '', 'c.mjs': '', 'd.txt': '', 'sub/e.ts': '' });
      expect(await offers('pipeline', '')).to.deep.equal([...COMMANDS, 'help']);
      expect(await offers('pipeline', 'ch')).to.deep.equal(['check']);
      expect(await offers('pipeline', 'run', '--')).to.include.members([
        '--drain',
        '--simulate',
        '--listen',
        '--quiet',
        '--help',
      ]);
      expect(await offers('pipeline', 'run', '--log-level', 'w')).to.deep.equal(['warn']);
      expect(await offers('pipeline', 'run', '')).to.have.members(['a b.ts', 'c.mjs', 'sub']);
      expect(await offers('pipeline', 'run', 'x.ts', 'a')).to.deep.equal(['a b.ts']);
      expect(await offers('pipeline', 'completion', '')).to.deep.equal(['bash', 'zsh', 'fish']);
      expect(await offers('pipeline', 'tap', '')).to.deep.equal([]);
      expect(await offers('pipeline', 'unknown', '')).to.deep.equal([]);
    });

    it('teaches fish the same commands and flags', async () => {
      const { code, stdout } = await folder.run(['completion', 'fish']);
      expect(code).to.equal(0);
      for (const name of COMMANDS)
        expect(stdout).to.match(
          new RegExp(`^complete -c pipeline -n __fish_use_subcommand -a ${name} -d '.+'$`, 'm'),
        );
      expect(stdout).to.contain(
        `complete -c dockrx -n '__fish_seen_subcommand_from run' -l log-level -x -a 'error warn info debug' -d`,
      );
    });

    it('refuses a shell it does not know', async () => {
      expect(await folder.run(['completion', 'tcsh'])).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: `error: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.; see pipeline completion --help\n`,
      });
    });
  });
});
