import { readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { messageOf, PipelineError } from '../../core/errors.ts';
import type { ProcessView } from './protocol.ts';
import { checkPrivate, socketFolders } from './socket-folder.ts';

/** A process that runs pipelines, and where it is asked. */
export interface Process extends ProcessView {
  readonly socket: string;
}

export interface Found {
  readonly processes: readonly Process[];
  /** What could not be looked at, and why. */
  readonly troubles: readonly string[];
}

const ANSWER_MS = 3_000;
const MAX_ANSWER = 4 * 1024 * 1024;

/** The processes of this user that run pipelines, by their numbers. Removes the sockets of those that are dead. */
export async function findProcesses(): Promise<Found> {
  const processes: Process[] = [];
  const troubles: string[] = [];
  for (const folder of socketFolders())
    try {
      for (const socket of await sweep(folder))
        await view(socket).then(
          (found) => processes.push({ ...found, socket }),
          (error: unknown) => troubles.push(`process ${pidOf(socket)} does not answer: ${messageOf(error)}`),
        );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') troubles.push(messageOf(error));
    }
  return { processes: processes.sort((one, other) => one.pid - other.pid), troubles };
}

/** The sockets in a folder; those that nobody listens on any more, of processes that are dead, are removed. */
export async function sweep(folder: string): Promise<readonly string[]> {
  await checkPrivate(folder);
  const names = (await readdir(folder)).filter((name) => /^\d+-[0-9a-f]+\.sock$/.test(name));
  const sockets = await Promise.all(
    names.map(async (name) => {
      const socket = join(folder, name);
      if (isAlive(pidOf(socket)) || !(await isRefused(socket))) return [socket];
      await rm(socket, { force: true });
      return [];
    }),
  );
  return sockets.flat();
}

/** Asks a process, and hands over its answer once it has begun. Errors `CONFIG_INVALID` with what it refuses. */
export async function ask(socket: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath: socket, path, agent: false, signal }, resolve).on('error', reject).end();
  });
  if (answer.statusCode === 200) return answer;
  throw new PipelineError('CONFIG_INVALID', (await textOf(answer)).trim());
}

async function view(socket: string): Promise<ProcessView> {
  const answer = await ask(socket, '/pipelines', AbortSignal.timeout(ANSWER_MS));
  return JSON.parse(await textOf(answer)) as ProcessView;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_ANSWER) throw new Error('its answer is too long');
  }
  return text;
}

const isRefused = (socket: string): Promise<boolean> =>
  ask(socket, '/pipelines', AbortSignal.timeout(ANSWER_MS)).then(
    (answer) => {
      answer.destroy();
      return false;
    },
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  );

const pidOf = (socket: string): number => Number(/(\d+)-[0-9a-f]+\.sock$/.exec(socket)![1]);

/** In another namespace it may have another number: that it looks dead is not enough. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
