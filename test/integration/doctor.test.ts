import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PROGRAM, ROOT, useFolder } from '../cli/program.ts';
import { engineKinds, factsOf } from '../harness/kinds.ts';
import { useEngine } from '../harness/use-engine.ts';

interface Told {
  readonly ok: boolean;
  readonly sections: readonly {
    readonly findings: readonly { readonly name: string; readonly state: string; readonly found: string }[];
  }[];
}

for (const kind of engineKinds())
  describe(`pipeline doctor on a real engine (${kind})`, function () {
    this.timeout(300_000);
    const engine = useEngine(kind);
    const isPodman = kind.startsWith('podman');
    useFolder();
    afterEach(() => engine().removeAll());

    const examine = async () => {
      const env = { ...process.env, NODE_OPTIONS: '', DOCKER_HOST: engine().dockerHost };
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'doctor', '--json'], {
        cwd: ROOT,
        env,
      });
      const told = JSON.parse(stdout) as Told;
      const findings = told.sections.flatMap((section) => section.findings);
      return { ...told, findings, of: (name: string) => findings.find((finding) => finding.name === name) };
    };

    it('finds nothing red, without a container, with one that runs and with one that has ended', async () => {
      for (const command of [[], ['sleep', '1000'], ['true']]) {
        if (command.length > 0) await engine().docker('run', '--detach', engine().image, ...command);
        const { ok, findings, of } = await examine();
        expect(findings.filter(({ state }) => state === 'fail')).to.deep.equal([]);
        expect(ok).to.equal(true);
        const version = factsOf(kind).version.replaceAll('.', '\\.');
        expect(of('answer')?.found).to.match(
          new RegExp(`^${isPodman ? 'Podman' : 'Docker'} ${version}.*, API 1\\.\\d+ to 1\\.\\d+;`),
        );
        expect(of('clock')?.state).to.equal('ok');
        expect(of('cgroups')?.found).to.match(/^version [12], driver (cgroupfs|systemd)$/);
        for (const path of ['json', 'stats', 'logs'])
          expect(of(`/containers/{id}/${path}`)?.state).to.equal('ok');
        expect(of('Podman') !== undefined).to.equal(isPodman);
      }
    });

    it('tells of logs that nobody can read', async function () {
      // What Podman answers there is an empty log.
      if (isPodman) this.skip();
      await engine().docker('run', '--detach', '--log-driver', 'none', engine().image, 'sleep', '1000');
      const { ok, of } = await examine();
      expect(of('logging')).to.include({ state: 'warn' });
      expect(ok).to.equal(true);
    });

    it('tells within its patience of an engine that does not answer', async () => {
      await engine().freeze();
      try {
        const failed = await examine().then(
          () => undefined,
          (error: unknown) => error as { readonly code: number; readonly stdout: string },
        );
        expect(failed).to.include({ code: 1 });
        expect(failed!.stdout)
          .to.contain('it did not answer within 10 s')
          .and.contain('it is being started, or stuck');
      } finally {
        engine().thaw();
      }
    });
  });
