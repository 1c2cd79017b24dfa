import { fork, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from './plan.ts';
import type { Outcome } from './run.ts';

/** Processes that carry out plans, one each at a time. */
export interface Pool {
  readonly size: number;
  /** Never rejects: a process that hangs or dies is a violation, and another takes its place. */
  readonly carryOut: (plan: Plan) => Promise<Outcome>;
  readonly close: () => void;
}

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const KEPT = fileURLToPath(new URL('../.cache/faults', import.meta.url));
/** Longer than all the waits of one run together, so that those tell what did not come. */
const HANGS_AFTER_MS = 200_000;
const EXIT_MS = 5_000;

/** Where the folder of a failed run is kept. */
export const keptFolder = (seed: number): string => join(KEPT, String(seed));

export function openPool(size: number): Pool {
  const idle: ChildProcess[] = [];

  const carryOut = async (plan: Plan): Promise<Outcome> => {
    const worker = idle.pop() ?? fork(WORKER, { serialization: 'advanced' });
    const folder = mkdtempSync(join(tmpdir(), 'dockrx-faults-'));
    const outcome = await answerOf(worker, plan, folder);
    if (worker.connected) idle.push(worker);
    if (outcome.violations.length > 0) {
      rmSync(keptFolder(plan.seed), { recursive: true, force: true });
      cpSync(folder, keptFolder(plan.seed), { recursive: true, filter: (path) => !path.endsWith('.sock') });
    }
    rmSync(folder, { recursive: true, force: true });
    return outcome;
  };
  return {
    size,
    carryOut,
    close: () => {
      for (const worker of idle) worker.disconnect();
    },
  };
}

function answerOf(worker: ChildProcess, plan: Plan, folder: string): Promise<Outcome> {
  return new Promise((resolve) => {
    let late: string | undefined;
    let timer = setTimeout(() => {
      late = `the run did not end within ${HANGS_AFTER_MS / 1000} s`;
      // So it still gives back what it has mounted.
      worker.disconnect();
      timer = setTimeout(() => worker.kill('SIGKILL'), EXIT_MS);
    }, HANGS_AFTER_MS);
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      resolve(outcome);
    };
    worker.once('message', (outcome) => settle(outcome as Outcome));
    worker.once('exit', (code, signal) => {
      const violations = [late ?? `the process died (${String(code ?? signal)})`];
      settle({ seed: plan.seed, published: 0, delivered: 0, gaps: 0, violations });
    });
    worker.send({ plan, folder });
  });
}
