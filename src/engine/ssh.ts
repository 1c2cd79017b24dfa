import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';

/**
 * Connections through the system's ssh to `docker system dial-stdio`, as the docker CLI makes them: so the user's
 * ssh config, agent, jump hosts and known host keys all hold. One ssh process a connection.
 */
export function sshAgent(url: URL): Agent {
  const agent = new Agent({ keepAlive: false });
  return Object.assign(agent, { createConnection: () => dial(url) });
}

function dial(url: URL): Duplex {
  const user = url.username ? ['-l', decodeURIComponent(url.username)] : [];
  const port = url.port ? ['-p', url.port] : [];
  const options = ['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', ...user, ...port];
  const child = spawn('ssh', [...options, '--', url.hostname, 'docker', 'system', 'dial-stdio']);
  const stream = Duplex.from({ writable: child.stdin, readable: child.stdout });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2048)));
  child.on('error', (error: NodeJS.ErrnoException) => {
    stream.destroy(
      error.code === 'ENOENT' ? new Error('ssh is not installed; install an OpenSSH client') : error,
    );
  });
  child.on('exit', (code) => {
    if (code !== 0 && code !== null) stream.destroy(new Error(`ssh ended with ${code}: ${complaint.trim()}`));
  });
  stream.on('close', () => child.kill());
  return stream;
}
