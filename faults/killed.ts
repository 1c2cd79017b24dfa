import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inTurn } from '../src/core/in-turn.ts';
import { miscounted } from './counts.ts';
import { damage } from './damage.ts';
import type { Plan } from './plan.ts';
import type { Ended, Subject } from './subject.ts';

const PROGRAM = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));
const READ_ERRORS = new URL('./read-errors.mjs', import.meta.url).href;
const PIPELINE = fileURLToPath(new URL('./killed-pipeline.ts', import.meta.url));
const MOST_FILES = 64;
const MOST_MEMORY_KB = 400 * 1024;

/**
 * `pipeline run` in a process of its own, killed by SIGKILL and started again on the same checkpoints: in
 * `folder/state`, a journal in `folder/journal`, the outputs in `folder/out-0`, what it says in `folder/dockrx.log`.
 */
export function killedProcess({ kind }: Plan, address: string, folder: string): Subject {
  const state = join(folder, 'state');
  const file = join(folder, 'out-0', 'events.ndjson');
  const counts = join(folder, 'out-0', 'counts.ndjson');
  const journal = join(folder, 'journal');
  const one = inTurn();
  const wrong: string[] = [];
  mkdirSync(join(folder, 'out-0'));

  const start = (failingReads: number): ChildProcess => {
    const log = openSync(join(folder, 'dockrx.log'), 'a');
    const env = {
      ...process.env,
      NODE_OPTIONS: `--import=${READ_ERRORS}`,
      FAULTS_FAILING_READS: String(failingReads),
      FAULTS_ENGINE: address,
      FAULTS_FILE: file,
      FAULTS_COUNTS: counts,
    };
    const more = kind === 'journal' ? { FAULTS_JOURNAL: journal } : {};
    const child = spawn(process.execPath, [PROGRAM, 'run', '--state', state, PIPELINE], {
      env: { ...env, ...more },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return child;
  };
  let child = start(0);
  const finish = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit');
      wrong.push(...excessOf(child.pid!));
      child.kill(signal);
      await ended;
    }
    const right = signal === 'SIGKILL' ? child.signalCode === signal : child.exitCode === 0;
    if (!right) wrong.push(`dockrx ended with ${String(child.exitCode ?? child.signalCode)}`);
  };
  const text = textThatChanges(file);
  const end = async (): Promise<Ended> => {
    await one(() => finish('SIGTERM'));
    wrong.push(...miscounted(text(), readFileSync(counts, 'utf8')));
    return { outputs: [{ name: 'file', text: text(), dropped: 0, delivered: undefined }], wrong };
  };
  return {
    ready: () => hasPlace(join(state, 'killed.checkpoint.json')),
    lastTaken: () => /.*"timeNano":"(\d+)"/s.exec(text())?.[1],
    has: (id) => text().includes(`"${id}"`),
    act: async (act) => {
      if (act.do !== 'kill' && act.do !== 'damage' && act.do !== 'unreadable') return;
      await one(async () => {
        await finish('SIGKILL');
        if (act.do === 'damage') damage(journal, act.how, act.where);
        child = start(act.do === 'unreadable' ? act.reads : 0);
      });
    },
    end,
  };
}

/** Whether a checkpoint says how far the source has come: killed before that, dockrx begins anew. */
function hasPlace(checkpoint: string): boolean {
  if (!existsSync(checkpoint)) return false;
  const { sources } = JSON.parse(readFileSync(checkpoint, 'utf8')) as { sources: Record<string, object> };
  // A journal has a place of its own before its source has one.
  return Object.values(sources).some((place) => 'from' in place || 'source' in place);
}

/** What is in a file at the moment; read again only when it has changed. */
function textThatChanges(path: string): () => string {
  let text = '';
  let known = '';
  return () => {
    if (!existsSync(path)) return '';
    const { size, mtimeMs } = statSync(path);
    const state = `${size} ${mtimeMs}`;
    if (state !== known) text = readFileSync(path, 'utf8');
    known = state;
    return text;
  };
}

/** What a process holds more than it should. */
function excessOf(pid: number): readonly string[] {
  const files = readdirSync(`/proc/${pid}/fd`).length;
  const peakKb = Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return [
    ...(files > MOST_FILES ? [`dockrx had ${files} files open`] : []),
    ...(peakKb > MOST_MEMORY_KB ? [`dockrx took ${Math.round(peakKb / 1024)} MiB of memory`] : []),
  ];
}
