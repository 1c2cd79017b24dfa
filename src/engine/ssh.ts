import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { hostIn } from './address.ts';

/**
 * Connections through the system's ssh to `docker system dial-stdio`, as the docker CLI makes them: so the user's
 * ssh config, agent, jump hosts and known host keys all hold. One ssh process a connection.
 */
export function sshAgent(address: string): Agent {
  const agent = new Agent({ keepAlive: false });
  return Object.assign(agent, { createConnection: () => dial(new URL(address)) });
}

function dial(url: URL): Duplex {
  const user = url.username ? ['-l', decodeURIComponent(url.username)] : [];
  const port = url.port ? ['-p', url.port] : [];
  const options = ['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', ...user, ...port];
  const child = spawn('ssh', [...options, '--', hostIn(url.href), ...remoteCommand(url)]);
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    write: (chunk: Buffer, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(() => done()),
    destroy(error, done) {
      child.kill();
      done(error);
    },
  });
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2048)));
  // What is wrong is told by its exit, not by the pipe that breaks before.
  child.stdin.on('error', () => undefined);
  child.on('error', (error: NodeJS.ErrnoException) => {
    stream.destroy(
      error.code === 'ENOENT' ? new Error('ssh is not installed; install an OpenSSH client') : error,
    );
  });
  child.on('close', (code, signal) => {
    if (code === 0) stream.push(null);
    else stream.destroy(new Error(`ssh ended with ${String(code ?? signal)}: ${complaint.trim()}`));
  });
  return stream;
}

/** A path in the address is the engine's socket over there, as the docker CLI has it since 23.0. */
function remoteCommand({ pathname }: URL): readonly string[] {
  const path = decodeURIComponent(pathname);
  const host = path === '' || path === '/' ? [] : ['--host', quoted(`unix://${path}`)];
  return ['docker', ...host, 'system', 'dial-stdio'];
}

/** For the shell over there. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
