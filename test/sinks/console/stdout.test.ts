import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
const RUN = `${process.execPath} --import tsx ${PROGRAM}`;

const PLAIN = { CI: undefined, FORCE_COLOR: undefined, NO_COLOR: undefined };

const shell = (
  script: string,
  env: NodeJS.ProcessEnv = {},
): { readonly out: string; readonly told: string } => {
  const { stdout, stderr } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    // Under CI, Node takes terminals for colourless ones.
    env: { ...process.env, ...PLAIN, TERM: 'xterm-256color', ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { out: stdout, told: stderr.trim() };
};

describe('console on the standard output', () => {
  it('that is a pipe is NDJSON, whole to the last record', () => {
    const { out, told } = shell(`${RUN} 100000 | cat`);
    expect(out === Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join('')).to.equal(true);
    expect(told).to.equal('completed');
  });

  it('that is read slowly is whole too', () => {
    const { out } = shell(`${RUN} 100000 | (sleep 0.5; tail -n 1)`);
    expect(out).to.equal('99999\n');
  });

  it('whose reader leaves ends with one plain error', () => {
    const { out, told } = shell(`${RUN} 200000 | head -n 2`);
    expect(out).to.equal('0\n1\n');
    expect(told).to.equal('SINK_REFUSED: console: nobody reads the output any more (EPIPE)');
  });

  describe('that is a terminal', () => {
    before('script is there', function () {
      if (spawnSync('script', ['--version']).status === 0) return;
      if (process.env['CI'] === 'true')
        throw new Error('install bsdutils (Debian): script makes the terminal');
      this.skip();
    });
    const onTerminal = (env?: NodeJS.ProcessEnv): string =>
      shell(`script -qec '${RUN} 2' /dev/null`, env).out;

    it('has titles, colours and rows', () => {
      const out = onTerminal();
      expect(out).to.include('\u001b[1mVALUE\u001b[0m');
      const lines = stripVTControlCharacters(out).split('\r\n');
      expect(lines.slice(0, 3)).to.deep.equal(['VALUE', '0', '1']);
    });

    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      it(`has no colours under ${JSON.stringify(env)}`, () => {
        const out = onTerminal(env);
        expect(out).to.include('VALUE\r\n0\r\n1\r\n').and.not.include('\u001b[');
      });
  });
});
