import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from '../harness/free-port.ts';

/** Debian's sshd on a loopback port with keys of its own, and an `ssh` that knows them. */
export interface SshServer {
  readonly port: number;
  /** The value of PATH with which `ssh` trusts this server and has its key. */
  readonly path: string;
  /** Forgets the server's key and trusts another. */
  readonly distrust: () => void;
  /** Takes the user's key away. */
  readonly lockOut: () => void;
  readonly stop: () => Promise<void>;
}

/** `config`: further lines of sshd_config, first come first served. */
export async function startSshServer(config: readonly string[]): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'dockrx-ssh-'));
  const file = (name: string): string => join(folder, name);
  for (const key of ['host', 'user', 'other'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
  copyFileSync(file('user.pub'), file('authorized'));
  const port = await freePort();
  mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(
    file('sshd_config'),
    [
      ...config,
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('authorized')}`,
      'PidFile none',
      'PermitRootLogin yes',
      'StrictModes no',
      'UsePAM no',
    ].join('\n') + '\n',
  );
  const trust = (key: string): void =>
    writeFileSync(file('known'), `[127.0.0.1]:${port} ${readFileSync(file(`${key}.pub`), 'utf8')}`);
  trust('host');
  writeFileSync(
    file('ssh_config'),
    `Host *\n  IdentityFile ${file('user')}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${file('known')}\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n`,
  );
  mkdirSync(file('bin'));
  writeFileSync(file('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${file('ssh_config')} "$@"\n`);
  chmodSync(file('bin/ssh'), 0o755);
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')], { stdio: 'pipe' });
  await listening(server, port);
  return {
    port,
    path: [file('bin'), process.env['PATH']].join(delimiter),
    distrust: () => trust('other'),
    lockOut: () => copyFileSync(file('other.pub'), file('authorized')),
    stop: async () => {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  let log = '';
  const isListening = new Promise<void>((resolve, reject) => {
    server.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes(`Server listening on 127.0.0.1 port ${port}`)) resolve();
    });
    server.once('exit', (code) => reject(new Error(`sshd ended with ${String(code)}: ${log}`)));
  });
  await isListening;
}
