import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, useFolder, type Started } from '../cli/program.ts';
import { ask, type Answer } from '../http/asking.ts';
import { cadvisorStub, type CadvisorStub } from '../sinks/cadvisor-exposition/cadvisor-stub.ts';
import { goldenPair, goldenPairs, HEAD } from '../sinks/cadvisor-exposition/golden.ts';
import { becomes } from '../sources/hear.ts';

const FILE = join(ROOT, 'pipelines/cadvisor-events-exporter.ts');
/** What answers so at first is no cAdvisor, and ends the program. */
const REFUSING = ['status401', 'status404'];

describe('pipelines/cadvisor-events-exporter.ts', function () {
  this.timeout(60_000);
  const folder = useFolder();
  const stubs: CadvisorStub[] = [];
  const stub = async (...args: Parameters<typeof cadvisorStub>): Promise<CadvisorStub> => {
    const made = await cadvisorStub(...args);
    stubs.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(stubs.splice(0).map((each) => each.close()));
  });

  interface Exporter {
    readonly program: Started;
    readonly ask: (path: string) => Promise<Answer>;
    readonly stop: () => Promise<void>;
  }
  const start = async (targets: readonly CadvisorStub[], env: NodeJS.ProcessEnv = {}): Promise<Exporter> => {
    let stderr = '';
    const args = ['run', '--listen', '127.0.0.1:0', '--state', 'state', FILE];
    const list = targets.map(({ host }) => host).join(',');
    const program = folder.start(args, { CADVISOR_TARGETS: list, ...env });
    program.child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await program.says(/serving http/);
    const url = /serving (http:\/\/127\.0\.0\.1:\d+)/.exec(stderr)![1]!;
    return {
      program,
      ask: (path) => ask(`${url}${path}`),
      async stop() {
        program.child.kill('SIGTERM');
        expect((await program.done).code).to.equal(0);
      },
    };
  };
  const answers = (exporter: Exporter, { host }: CadvisorStub, text: string): Promise<void> =>
    becomes(async () => (await exporter.ask(`/proxy/${host}`)).body === text);

  it('answers to all that was recorded of the ancestor as that one did, or rightly', async () => {
    const pairs = await Promise.all(
      goldenPairs.map(async (pair) => {
        const { name, body, status } = pair;
        if (REFUSING.includes(name)) return { ...pair, target: await stub('[]') };
        return { ...pair, target: await stub(name === 'hang' ? undefined : body, status) };
      }),
    );
    const exporter = await start(pairs.map(({ target }) => target));
    for (const { name, body, status, target } of pairs.filter((pair) => REFUSING.includes(pair.name))) {
      await becomes(() => target.streams() > 0);
      await answers(exporter, target, HEAD);
      target.become(body, status);
      expect((await exporter.ask(`/proxy/${target.host}`)).status, name).to.equal(502);
    }
    for (const { name, status, answer, target } of pairs) {
      const proxied = await exporter.ask(`/proxy/${target.host}`);
      if (answer.status !== 200 || status !== 200) {
        expect(proxied.status, name).to.equal(502);
        expect(proxied.body, name).to.match(/^Cannot read the cAdvisor at 127\.0\.0\.1:\d+: it .*\.\n$/);
      } else {
        await answers(exporter, target, answer.text === '' ? HEAD : answer.text);
        expect((await exporter.ask(`/proxy?url=${target.host}`)).headers['content-type']).to.equal(
          answer.type,
        );
      }
    }
    await exporter.stop();
  });

  it('counts only up: over what its cAdvisor forgets, over a restart of that one, and of its own', async () => {
    const { body, answer } = goldenPair('readme');
    const target = await stub(body);
    const first = await start([target]);
    await answers(first, target, answer.text);
    target.become('[]');
    await becomes(() => target.streams() > 0);
    await answers(first, target, answer.text);
    const created = {
      container_name: '/docker/x',
      timestamp: '2026-11-27T19:00:00Z',
      event_type: 'containerCreation',
    };
    target.happen({ ...created, event_data: {} });
    const line =
      'cadvisor_container_events_total{event_type="containerCreation",id="/docker/x",oom_process=""} 1\n';
    const grown = answer.text.replace(/(?=cadvisor_\S*containerDeletion)/, line);
    await answers(first, target, grown);
    await first.stop();

    const second = await start([target]);
    await answers(second, target, grown);
    await second.stop();
  });

  it('asks none but its targets', async () => {
    const [target, other] = [await stub('[]'), await stub('[]')];
    const exporter = await start([target]);
    const { status, body } = await exporter.ask(`/proxy/${other.host}`);
    expect([status, body]).to.deep.equal([403, `${other.host} is no target.\n`]);
    expect(other.requests).to.deep.equal([]);
    await exporter.stop();
  });

  it('asks none where it is given none, and tells of this machine', async () => {
    const exporter = await start([]);
    expect((await exporter.ask('/proxy')).status).to.equal(403);
    const root = 'cadvisor_container_events_total{event_type="containerCreation",id="/",oom_process=""} 1\n';
    await becomes(async () => (await exporter.ask('/metrics')).body.includes(root));
    await exporter.stop();
  });

  it('leaves out all but kills where it is told so', async () => {
    const { body, answer } = goldenPair('readme');
    const target = await stub(body);
    const exporter = await start([target], { OOM_ONLY: '1' });
    await answers(exporter, target, answer.text.replace(/^.*event_type="container.*\n/gm, ''));
    expect((await exporter.ask('/metrics')).body).to.equal(HEAD);
    await exporter.stop();
  });
});
