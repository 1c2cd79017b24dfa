import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Net, mount and process namespaces of one test engine. Everything inside dies with its first process. */
export interface Namespace {
  /** Process id, outside, of the first process inside. */
  readonly pid: number;
  /** Starts a long-running program inside, its output appended to `logFile`. */
  spawn(command: readonly string[], logFile: string): ChildProcess;
  /** Runs a program inside to its end; resolves with its standard output. */
  run(command: readonly string[]): Promise<string>;
  /** Kills everything inside, without waiting for it. */
  kill(): void;
  /** Kills everything inside and waits until it is gone. */
  close(): Promise<void>;
}

const PATH = '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin';
const RUN_TIMEOUT_MS = 120_000;
/** What is started dies with this process. */
const DIE_WITH_PARENT = ['--pdeathsig', 'KILL'];
const BOOT_SCRIPT = fileURLToPath(new URL('./boot.sh', import.meta.url));

/**
 * Opens fresh namespaces, on the host's files or on those under `rootfs`; `dir` has the same path on both sides.
 * They close by themselves when this process dies, however it dies.
 */
export async function openNamespace(dir: string, rootfs?: string): Promise<Namespace> {
  const env = { PATH, HOME: dir, TMPDIR: dir, LANG: 'C.UTF-8' };
  const boot = ['sh', BOOT_SCRIPT, dir, ...(rootfs === undefined ? [] : [rootfs])];
  const unshare = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child=KILL', ...boot];
  const holder = spawn('setpriv', [...DIE_WITH_PARENT, ...unshare], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  await booted(holder);
  const pid = onlyChild(holder.pid!);
  const nsenter = ['nsenter', '-t', String(pid), '-m', '-n', '-p', '--'];
  const children: ChildProcess[] = [];
  release(holder);

  const kill = (): void => {
    if (!hasEnded(holder)) killIfThere(pid);
    // nsenter stands outside: the namespaces end when it has reaped its child, for which it must not stand still. Killed
    // it would leave the child to the machine's first process, which may take its time.
    for (const child of children) child.kill('SIGCONT');
  };
  return {
    pid,
    spawn(command, logFile) {
      const log = openSync(logFile, 'a');
      const child = spawn('setpriv', [...DIE_WITH_PARENT, ...nsenter, ...command], {
        env,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      child.unref();
      children.push(child);
      return child;
    },
    run: (command) => runToEnd([...nsenter, ...command], command.join(' '), env),
    kill,
    async close() {
      if (hasEnded(holder)) return;
      holder.ref();
      const exited = once(holder, 'exit');
      kill();
      await exited;
    },
  };
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Process ids of the direct children of `pid`. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function onlyChild(pid: number): number {
  const [child] = childrenOf(pid);
  if (child === undefined) throw new Error(`process ${pid} has no child`);
  return child;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function booted(holder: ChildProcess): Promise<void> {
  let errors = '';
  holder.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    holder.stdout!.once('data', () => resolve());
    holder.once('error', (error) => reject(new Error(`cannot start namespaces: ${error.message}`)));
    holder.once('exit', (code) =>
      reject(new Error(`cannot set up namespaces (exit ${code ?? '?'}): ${errors.trim()}`)),
    );
  });
}

/** Lets this process end although the holder runs: its end then closes the namespaces. */
function release(holder: ChildProcess): void {
  holder.unref();
  for (const stream of [holder.stdin, holder.stdout, holder.stderr])
    (stream as unknown as { unref(): void }).unref();
}

function runToEnd(command: readonly string[], name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const [file, ...args] = command;
  const options = { env, timeout: RUN_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(file!, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${name} failed (${String(error.code ?? error.signal)}): ${stderr.trim()}`));
    });
  });
}
