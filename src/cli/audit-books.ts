import { audit, balanceOf } from '../core/audit.ts';
import type { Imbalance } from '../core/audit.ts';
import type { StageCounters } from '../core/types.ts';
import { auditTable } from './audit-table.ts';
import { grouped } from './figures.ts';
import type { Log } from './log.ts';

export interface BooksOfRun {
  readonly pipeline: string;
  readonly stages: readonly StageCounters[];
}

export interface AuditOutput {
  readonly log: Log;
  /** Writes a table for people; nothing where what is written is for programs. */
  readonly writeTable: ((text: string) => void) | undefined;
}

/**
 * Tells the counters of every stage of runs that are over, and what does not balance: to people as a table, else a log
 * line a stage. True when all balances.
 */
export function auditBooks(runs: readonly BooksOfRun[], { log, writeTable }: AuditOutput): boolean {
  let balanced = true;
  for (const { pipeline, stages } of runs) {
    if (writeTable !== undefined) writeTable(auditTable(pipeline, stages));
    else for (const stage of stages) log.info(fieldsOf(pipeline, stage), 'audited');
    for (const imbalance of audit(stages)) {
      balanced = false;
      log.error({ pipeline, ...imbalance }, `the books do not balance: ${tellImbalance(imbalance)}`);
    }
  }
  return balanced;
}

function fieldsOf(pipeline: string, stage: StageCounters): object {
  const { name, ...counters } = stage;
  return { pipeline, stage: name, ...counters, balance: balanceOf(stage) };
}

const tellImbalance = ({ where, missing }: Imbalance): string =>
  `${where}: records ${missing > 0 ? 'missing' : 'too many'}: ${grouped(Math.abs(missing))}`;
