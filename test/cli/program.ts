import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const PROGRAM = join(ROOT, 'bin/pipeline.js');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A pipeline program under way. */
export interface Started {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
  /** Resolves when stdout or stderr holds the text, rejects when the program ends without it. */
  readonly says: (text: RegExp) => Promise<void>;
}

/** A folder outside of the package, without a package.json, removed after the test. */
export interface Folder {
  readonly path: string;
  readonly write: (files: Readonly<Record<string, string>>) => void;
  readonly start: (args: readonly string[], env?: NodeJS.ProcessEnv) => Started;
  readonly run: (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<Outcome>;
}

/** Builds the program when its source is newer, and gives each test a folder of its own. */
export function useFolder(): Folder {
  let path = '';
  before(function () {
    this.timeout(120_000);
    // Builds the program when its source is newer.
    execFileSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'pipe' });
  });
  beforeEach(function () {
    this.currentTest?.timeout(120_000);
    path = mkdtempSync(join(tmpdir(), 'dockrx-cli-'));
  });
  const started: ChildProcess[] = [];
  afterEach(() => {
    // A test that failed may have left a program running.
    for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    rmSync(path, { recursive: true, force: true });
  });
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Started => {
    const program = startProgram(process.execPath, [PROGRAM, ...args], path, env);
    started.push(program.child);
    return program;
  };
  return {
    get path() {
      return path;
    },
    write: (files) => {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), text);
      }
    },
    start,
    run: (args, env) => start(args, env).done,
  };
}

export function startProgram(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Started {
  const child = spawn(file, args, { cwd, env: { ...process.env, NODE_OPTIONS: '', ...env } });
  let stdout = '';
  let stderr = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    changed();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    changed();
  });
  const done = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => {
      ended = true;
      changed();
      resolve({ code, stdout, stderr });
    });
  });
  const says = (text: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (text.test(stdout) || text.test(stderr)) resolve();
        else if (ended) reject(new Error(`ended without saying '${String(text)}':\n${stdout}${stderr}`));
        else return;
        listeners.delete(look);
      };
      listeners.add(look);
      look();
    });
  return { child, done, says };
}

/** The log lines on stderr. */
export function logLines(stderr: string): readonly Readonly<Record<string, unknown>>[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/**
 * A file that pipeline files of the tests import: a sink that appends lines to a file, with what a test needs to
 * make it slow, stuck or broken.
 */
export const LINES_SINK = `
import { appendFile } from 'node:fs/promises';
import { queued } from 'dockrx';
import type { Sink } from 'dockrx';

interface Behaviour { readonly before?: () => Promise<void> }

export function lines(target: string, { before = async () => {} }: Behaviour = {}): Sink<unknown> {
  return queued<unknown, string>({
    name: 'lines',
    target,
    encode: (record) => JSON.stringify(record) + '\\n',
    sizeOf: (text) => text.length,
    batch: { bytes: 512, lingerMs: 0 },
    open: async () => ({
      write: async (batch) => {
        await before();
        await appendFile(target, batch.join(''));
      },
      close: async () => {},
    }),
  });
}
`;
