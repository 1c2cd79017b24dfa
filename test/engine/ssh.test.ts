import { expect } from 'chai';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerEngine, type EngineConnection } from '../../src/engine/engine.ts';
import { needs } from '../harness/needs.ts';
import { failing } from './failing.ts';
import { answerJson, answerStream, scriptedEngine, type ScriptedEngine } from './scripted-engine.ts';
import { type SshServer, startSshServer } from './ssh-server.ts';
import { useTempFolder } from './temp-folder.ts';

const never = new AbortController().signal;

describe('an engine behind ssh', function () {
  this.timeout(60_000);
  needs('root', 'openssh-server', 'openssh-client', 'docker-cli');

  let engine: ScriptedEngine;
  let server: SshServer;
  const path = process.env['PATH'];
  beforeEach(async () => {
    engine = await scriptedEngine({
      answers: { '/containers/json': answerJson([{ Id: 'abc' }]), '/events': answerStream },
    });
    server = await startSshServer([`SetEnv DOCKER_HOST=${engine.address}`]);
    process.env['PATH'] = server.path;
  });
  afterEach(async () => {
    process.env['PATH'] = path;
    await server.stop();
    await engine.close();
  });
  const address = (): string => `ssh://root@127.0.0.1:${server.port}`;
  const connect = (to = address()): Promise<EngineConnection> => dockerEngine({ address: to }).connect(never);

  it('is asked through dial-stdio, by user and port of the address', async () => {
    const connection = await connect();
    expect(connection).to.include({ address: address(), host: '127.0.0.1', apiVersion: 1041 });
    expect(await connection.containers({}, never)).to.deep.equal([{ Id: 'abc' }]);
    // The docker CLI over there pings by itself before each connection.
    expect(engine.requests.filter((request) => request !== 'HEAD /_ping')).to.deep.equal([
      'GET /_ping',
      'GET /containers/json',
    ]);
    connection.close();
    await engine.allClosed();
  });

  it('is let go at once: no ssh process and no connection stays', async () => {
    const connection = await connect();
    const events = await connection.events({}, never);
    expect(sshProcesses(server.port)).to.equal(1);
    connection.close();
    await engine.allClosed();
    expect(events.destroyed).to.equal(true);
    while (sshProcesses(server.port) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('may have its socket in the address', async () => {
    const other = await scriptedEngine();
    try {
      const connection = await connect(`${address()}${other.address.replace('unix://', '')}`);
      expect(other.requests).to.contain('GET /_ping');
      connection.close();
    } finally {
      await other.close();
    }
  });

  it('gets a socket of any name as one word of its shell', async () => {
    const message = await failing('SOURCE_UNAVAILABLE', connect(`${address()}/no/it's;exit%204;%20here`));
    expect(message).to.contain("/no/it's;exit 4; here").and.not.contain('ended with 4');
  });

  it('with another host key is not spoken to', async () => {
    server.distrust();
    const message = await failing('SOURCE_UNAVAILABLE', connect());
    expect(message).to.contain(address()).and.contain('Host key verification failed');
    expect(engine.requests).to.deep.equal([]);
  });

  it('that does not let this user in says so', async () => {
    server.lockOut();
    expect(await failing('SOURCE_UNAVAILABLE', connect())).to.contain('Permission denied (publickey');
  });

  it('that is not there is named', async () => {
    const gone = await startSshServer([]);
    await gone.stop();
    const message = await failing('SOURCE_UNAVAILABLE', connect(`ssh://root@127.0.0.1:${gone.port}`));
    expect(message).to.contain(`port ${gone.port}`).and.contain('Connection refused');
  });

  it('that does not run says so', async () => {
    await engine.close();
    const message = await failing('SOURCE_UNAVAILABLE', connect());
    expect(message).to.contain('ssh ended with 1').and.contain(engine.address.replace('unix://', ''));
  });

  describe('on a host without docker', () => {
    const folder = useTempFolder();

    it('says so', async () => {
      const bare = await startSshServer(['ForceCommand exec docker-is-not-here']);
      try {
        process.env['PATH'] = bare.path;
        const message = await failing('SOURCE_UNAVAILABLE', connect(`ssh://root@127.0.0.1:${bare.port}`));
        expect(message).to.contain('ssh ended with 127').and.contain('docker-is-not-here');
      } finally {
        await bare.stop();
      }
    });

    it('is not reached from a host without ssh', async () => {
      mkdirSync(join(folder(), 'empty'));
      process.env['PATH'] = join(folder(), 'empty');
      expect(await failing('SOURCE_UNAVAILABLE', connect())).to.contain('ssh is not installed');
    });
  });
});

/** How many ssh clients to that port this process has. */
function sshProcesses(port: number): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words[0]!.endsWith('ssh') && words.includes(String(port));
    } catch {
      return false;
    }
  }).length;
}
