import { expect } from 'chai';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { startSimulator } from '../../src/simulator/index.ts';
import { answerJson, answerStream, pong, scriptedEngine } from '../engine/scripted-engine.ts';
import type { Answer, ScriptedEngine } from '../engine/scripted-engine.ts';
import { needs } from '../harness/needs.ts';
import { LINES_SINK, PROGRAM, startProgram, useFolder } from './program.ts';

const PIPELINE = `
import { dockerEvents, dockerStats, kernelOom, from, ndjsonFile, pipeline } from 'dockrx';
import { lines } from './lines.ts';
export default pipeline('mine', from(dockerEvents(), kernelOom({ optional: true })), ndjsonFile({ path: 'data/a.ndjson' }));
export const second = pipeline('second', dockerStats(), lines('b'));
`;

interface Found {
  readonly ok: boolean;
  readonly sections: readonly {
    readonly title: string;
    readonly findings: readonly {
      readonly name: string;
      readonly state: string;
      readonly found: string;
      readonly fix?: string;
    }[];
  }[];
}

const FORBIDDEN: Answer = (response) =>
  response
    .writeHead(403, { 'Content-Type': 'text/html' })
    .end('<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>');
const NO_CONTAINER: Answer = (response) => response.writeHead(404, { 'Api-Version': '1.47' }).end();
const INFO = { CgroupVersion: '2', CgroupDriver: 'systemd', LoggingDriver: 'json-file', Containers: 1 };
const ENGINE: Readonly<Record<string, Answer>> = {
  '/_ping': pong('1.47', 'Docker/27.3.1 (linux)'),
  '/version': answerJson({ Version: '27.3.1', ApiVersion: '1.47', MinAPIVersion: '1.24' }),
  '/info': answerJson(INFO),
  '/containers/json': answerJson([]),
  '/events': answerStream,
  '*': NO_CONTAINER,
};

describe('cli: doctor', () => {
  const folder = useFolder();
  let engines: ScriptedEngine[] = [];
  beforeEach(() => {
    engines = [];
    folder.write({ 'lines.ts': LINES_SINK, 'mine.ts': PIPELINE });
  });
  afterEach(() => Promise.all(engines.map((engine) => engine.close())));
  const scripted = async (
    answers: Readonly<Record<string, Answer>>,
    tcp = false,
  ): Promise<ScriptedEngine> => {
    const engine = await scriptedEngine({ answers: { ...ENGINE, ...answers }, tcp });
    engines.push(engine);
    return engine;
  };

  /** What it finds as JSON, by name, and its exit code. */
  const examine = async (host: string) => {
    const { code, stdout, stderr } = await folder.run(['doctor', '--json', 'mine.ts'], { DOCKER_HOST: host });
    expect(stderr).to.equal('');
    const told = JSON.parse(stdout) as Found;
    expect(code).to.equal(told.ok ? 0 : 1);
    const findings = told.sections.flatMap((section) => section.findings);
    for (const { name, state, fix } of findings)
      if (state === 'fail' && !/mine|second/.test(name)) expect(fix, name).to.be.a('string');
    return { ok: told.ok, of: (name: string) => findings.find((finding) => finding.name === name) };
  };

  it('finds a simulated engine fit, and says of each pipeline what it has', async () => {
    const engine = await startSimulator({ containers: 3 });
    try {
      const { code, stdout, stderr } = await folder.run(['doctor'], { DOCKER_HOST: engine.host });
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(stdout).to.match(/^Engine\n {2}✓ ok {4}address +unix:.*, named by DOCKER_HOST\n/);
      expect(stdout).to.match(/✓ ok {4}answer +the simulated engine 28\.5\.2, API 1\.24 to 1\.51; /);
      expect(stdout).to.match(/✓ ok {4}\/events +begins in \d+ ms, and lasts\n/);
      expect(stdout).to.match(
        /\n {2}. \w+ +stats-to-file +has \/events, \/containers\/json, \/containers\/\{id\}\/stats, a folder/,
      );
      expect(stdout).to.match(/\n {2}. \w+ +events \(watch\.ts\) +has \/events/);
      expect(stdout).not.to.contain('\u001b').and.not.to.contain('✗');
      expect(stdout).to.match(/\n\n(all green|nothing red, \d yellow)\n$/);
    } finally {
      await engine.close();
    }
  });

  it('asks by GET, each thing once, and nothing of the containers but stats and whether there are logs', async () => {
    const id = 'a'.repeat(64);
    const engine = await scripted({ '/containers/json': answerJson([{ Id: id, State: 'running' }]) });
    await examine(engine.address);
    const none = '/containers/dockrx-doctor-asks-for-none/json';
    expect(engine.requests.toSorted()).to.deep.equal(
      [
        'GET /_ping',
        'GET /_ping',
        'GET /containers/json?all=true',
        `GET ${none}`,
        `GET /containers/${id}/logs?stdout=true&tail=1`,
        `GET /containers/${id}/stats?stream=false&one-shot=true`,
        'GET /events',
        'GET /info',
        'GET /version',
      ].sort(),
    );
    await engine.allClosed();
  });

  it('is red where there is no engine, once with what to do, and at each pipeline that needs one', async () => {
    const path = join(folder.path, 'absent.sock');
    const { code, stdout, stderr } = await folder.run(['doctor', 'mine.ts'], {
      DOCKER_HOST: `unix://${path}`,
    });
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
    expect(stdout).to.contain(`✗ fail  answer   cannot reach the engine at unix://${path} (ENOENT)\n`);
    expect(stdout).to.match(/→ is the engine running\? Start it, or set DOCKER_HOST\n/);
    expect(stdout).to.match(/✗ fail {2}mine +lacks the engine; .*a folder to write in\n/);
    expect(stdout).not.to.contain('What it lets us ask');
    expect(stdout).to.match(/\n3 red, \d yellow\n$/);
    const wrong = await examine('what:ever');
    expect(wrong.of('address')).to.include({
      state: 'fail',
      found: 'DOCKER_HOST is "what:ever"',
      fix: 'it must be unix:///path, tcp://host:port, https://host:port or ssh://user@host',
    });
  });

  it('tells what a socket proxy refuses, who needs it, and the flag that lets it through', async () => {
    const engine = await scripted(
      { '/info': FORBIDDEN, '/containers/json': FORBIDDEN, '*': FORBIDDEN },
      true,
    );
    const { ok, of } = await examine(engine.address);
    expect(ok).to.equal(false);
    expect(of('/events')).to.include({ state: 'ok' });
    expect(of('/containers/json')).to.deep.include({
      state: 'warn',
      found:
        'answered 403: Forbidden Request forbidden by administrative rules; ' +
        'without it: no stats, and nothing is told of containers behind a gap',
      fix: 'let GET /containers/json through; docker-socket-proxy: CONTAINERS=1',
    });
    expect(of('/info')).to.include({ fix: 'let GET /info through; docker-socket-proxy: INFO=1' });
    expect(of('/containers/{id}/logs')).to.include({ state: 'warn' });
    expect(of('proxy')).to.include({ state: 'warn' });
    expect(of('mine')).to.include({ state: 'warn' });
    expect(of('second (mine.ts)')).to.deep.include({
      state: 'fail',
      found: 'lacks /containers/json, /containers/{id}/stats; has /events',
    });
    const shut = await scripted({ '/_ping': FORBIDDEN, '*': FORBIDDEN });
    expect((await examine(shut.address)).of('answer')).to.include({
      state: 'fail',
      fix: 'let GET /_ping through; docker-socket-proxy: PING=1',
    });
  });

  it('tells of a stream that is held back or cut', async () => {
    const cut = await scripted({ '/events': (response) => response.writeHead(200).end() });
    expect((await examine(cut.address)).of('/events'))
      .to.include({ state: 'fail' })
      .and.to.have.property('found')
      .that.matches(/^the stream ended after \d+ ms, and must last$/);
    const held = await scripted({ '/events': () => undefined });
    expect((await examine(held.address)).of('/events')).to.deep.include({
      state: 'fail',
      found: 'the stream does not begin: it did not answer within 10 s',
    });
  });

  it('bears whatever is answered', async () => {
    const garbage: Answer = (response) =>
      response.writeHead(200).end('{"SystemTime":5,"Warnings":"x","Id":[]');
    const odd = await scripted({
      '/info': garbage,
      '/version': garbage,
      '/containers/json': answerJson({ a: 1 }),
      '*': garbage,
    });
    const { of } = await examine(odd.address);
    expect(of('answer'))
      .to.have.property('found')
      .that.matches(/^Docker, API \? to 1\.47; /);
    const shapes = await scripted({
      '/info': answerJson({
        SystemTime: 5,
        Warnings: 'x',
        SecurityOptions: {},
        LoggingDriver: [],
        Containers: 'many',
      }),
      '/version': answerJson({ Version: 5, ApiVersion: null }),
      '/containers/json': answerJson([null, 5, { Id: '../../x', State: 'running' }]),
    });
    expect((await examine(shapes.address)).of('/info')).to.include({ state: 'ok' });
    expect(shapes.requests.join()).not.to.contain('..');
    const other = createServer((_, response) => response.end('hello'));
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    expect((await examine(`tcp://127.0.0.1:${port}`)).of('answer'))
      .to.have.property('found')
      .that.contains('is no container engine');
    await new Promise((done) => other.close(done));
  });

  it('names a port that is taken, and a file that is wrong', async () => {
    const engine = await scripted({});
    folder.write({
      'live.ts': `import { dockerEvents, pipeline, websocketBroadcast } from 'dockrx';\nexport default pipeline('live', dockerEvents(), websocketBroadcast());`,
      'bad.ts': 'const = 1;',
    });
    const taking = createServer();
    const taken = await new Promise<boolean>((done) => {
      taking.once('error', () => done(false)).listen(9808, '127.0.0.1', () => done(true));
    });
    const { stdout } = await folder.run(['doctor', 'live.ts'], { DOCKER_HOST: engine.address });
    expect(stdout).to.match(
      /! warn {2}ports +127\.0\.0\.1:9808 taken, .*\n +→ run with --listen HOST:PORT\n/,
    );
    expect(stdout).to.match(/! warn {2}live +goes without, where it may: port 127\.0\.0\.1:9808; has /);
    if (taken) await new Promise((done) => taking.close(done));
    expect(await folder.run(['doctor', 'bad.ts'])).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: 'bad.ts:1:7: Expected identifier but found "="\n',
    });
  });

  describe('as a user who may not', () => {
    needs('root');

    it('says whose the socket is, how to be let in, and where nothing can be written', async () => {
      const engine = await scripted({});
      const path = engine.address.replace('unix://', '');
      chmodSync(dirname(path), 0o755);
      chmodSync(path, 0o660);
      chmodSync(folder.path, 0o755);
      const code = `process.setgroups([]); process.setgid(65534); process.setuid(65534);
process.argv.splice(1, 0, ${JSON.stringify(PROGRAM)}); await import(${JSON.stringify(PROGRAM)});`;
      const args = ['--input-type=module', '-e', code, 'doctor', 'mine.ts'];
      const run = startProgram(process.execPath, args, folder.path, {
        DOCKER_HOST: engine.address,
        HOME: '/nowhere',
      });
      const { stdout, stderr, code: exit } = await run.done;
      expect({ exit, stderr }).to.deep.equal({ exit: 1, stderr: '' });
      expect(stdout).to.contain(
        `✗ fail  answer   nobody (uid 65534) may not read and write ${path} (uid 0, group root, mode 660)\n`,
      );
      expect(stdout).to.match(/→ run as its owner, or let a group have it \(dockerd --group docker\)\n/);
      expect(stdout).to.match(/! warn {2}kernel log +\/dev\/kmsg cannot be read \((EACCES|EPERM)\)/);
      expect(stdout).to.match(/✗ fail {2}this folder +nobody cannot write in .* \(EACCES\)\n +→ /);
      expect(stdout).to.match(/✗ fail {2}mine +.*lacks the engine, a folder to write in/);
    });
  });
});
