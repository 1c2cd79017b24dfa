import { expect } from 'chai';
import { logLines, PROGRAM, startProgram, useFolder } from '../cli/program.ts';
import type { Started } from '../cli/program.ts';
import { linesIn, recordingProxy, type RecordingProxy } from '../engine/recording-proxy.ts';
import { useEngine } from '../harness/use-engine.ts';

const METRICS = '127.0.0.1:9323';

/** Metrics are an experiment in this version, and are what they are here in all later ones. */
describe('an audit against the metrics of a real engine (docker-20.10)', function () {
  this.timeout(300_000);
  const engine = useEngine('docker-20.10', ['--experimental', '--metrics-addr', METRICS]);
  const folder = useFolder();
  let proxy: RecordingProxy | undefined;
  let program: Started | undefined;
  beforeEach(() =>
    folder.write({
      'events.ts': `
import { dockerEvents, ndjsonFile, pipeline } from 'dockrx';
// Its own audit would find what is lost, and read it again.
export default pipeline('events', dockerEvents({ audit: false }), ndjsonFile({ path: 'events.ndjson' }));
`,
    }),
  );
  afterEach(async () => {
    if (program?.child.exitCode === null) program.child.kill('SIGKILL');
    await proxy?.close();
    proxy = program = undefined;
  });

  /** Runs with 40 events and more from when the comparison has begun, through a proxy. */
  const run = async (
    passes: (chunk: Buffer) => boolean,
    before = (): Promise<void> => Promise.resolve(),
  ): Promise<ReturnType<typeof findings>> => {
    proxy = await recordingProxy(engine().socketPath, passes);
    const [file = '', ...args] = [
      ...engine().inItsNetwork,
      ...[process.execPath, PROGRAM, 'run', '--engine-metrics', `http://${METRICS}/metrics`, 'events.ts'],
    ];
    program = startProgram(file, args, folder.path, { DOCKER_HOST: proxy.address });
    await program.says(/compares the events from now on/);
    for (let i = 0; i < 20; i += 1) await engine().docker('volume', 'create', `volume-${i}`);
    await engine().docker('run', '--rm', engine().image, 'true');
    for (let i = 0; i < 20; i += 1) await engine().docker('volume', 'rm', `volume-${i}`);
    await before();
    program.child.kill('SIGINT');
    return findings(await program.done);
  };
  const findings = ({
    code,
    stderr,
  }: Awaited<Started['done']>): { code: number | null; errors: unknown[]; received: unknown } => ({
    code,
    errors: logLines(stderr)
      .filter(({ level }) => level === 'error')
      .map(({ msg }) => msg),
    received: logLines(stderr).find(({ stage, msg }) => stage === 'dockerEvents' && msg === 'audited')?.[
      'received'
    ],
  });

  it('finds nothing when every event was received', async () => {
    const { code, errors, received } = await run(() => true);
    expect({ code, errors }).to.deep.equal({ code: 0, errors: [] });
    expect(received).to.be.at.least(40);
  });

  it('finds how many events were lost on the way, which the books alone cannot', async () => {
    const lost: Buffer[] = [];
    const began = BigInt(Date.now()) * 1_000_000n;
    const { code, errors } = await run((chunk) => {
      const isLost = /"Action":"(create|destroy)".*"volume-1[0-4]"/.test(chunk.toString());
      if (isLost) lost.push(chunk);
      return !isLost;
    });
    // What the engine keeps from the test before is replayed, and lost as well.
    const count = Buffer.concat(lost)
      .toString()
      .trimEnd()
      .split('\n')
      .filter((line) => BigInt(/"timeNano":(\d+)/.exec(line)![1]!) >= began).length;
    expect(count).to.be.at.least(10);
    expect(code).to.equal(4);
    expect(errors).to.have.lengthOf(1);
    const published = proxy!.exchanges.flatMap((exchange) =>
      exchange.path === '/events' ? linesIn(exchange) : [],
    );
    const [, missing, of] =
      /^events dockerEvents: (\d+) of the (\d+) events that the engine published are missing$/.exec(
        String(errors[0]),
      ) ?? [];
    expect(Number(missing), String(errors[0])).to.equal(count);
    expect(Number(of)).to.be.within(40, published.length);
  });

  it('says that it cannot compare with an engine that was started anew', async () => {
    const { code, errors } = await run(
      () => true,
      async () => {
        await engine().restart();
        await program!.says(/"fact":"connected"[^]*"fact":"retrying"[^]*"fact":"connected"/);
      },
    );
    expect(code).to.equal(4);
    expect(errors).to.deep.equal([
      'the sources could not be compared with the engine: it was started anew, and counts anew',
    ]);
  });
});
