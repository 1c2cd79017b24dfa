import { PipelineError } from '../../core/errors.ts';
import type { Json } from '../../core/types.ts';
import { isObject } from '../../records/check.ts';
import type { LogState, Mark } from './log-state.ts';

/** A place as a checkpoint keeps it. Throws CONFIG_INVALID for what is none. */
export function checkedPlace(kept: Json): { readonly from: string; readonly logs: Map<string, LogState> } {
  const { from, logs } = isObject(kept) ? kept : {};
  if (!isTime(from) || !isObject(logs)) throw wrong();
  return { from, logs: new Map(Object.entries(logs).map(([id, state]) => [id, stateIn(state)])) };
}

function stateIn(value: unknown): LogState {
  const { name, run, read = false, stdout, stderr } = isObject(value) ? value : {};
  if (typeof name !== 'string' || typeof run !== 'string' || typeof read !== 'boolean') throw wrong();
  return {
    name,
    run,
    isRead: read,
    marks: {
      ...(stdout !== undefined && { stdout: markIn(stdout) }),
      ...(stderr !== undefined && { stderr: markIn(stderr) }),
    },
  };
}

function markIn(value: unknown): Mark {
  const { time, count, text, high } = isObject(value) ? value : {};
  if (!isTime(time) || typeof count !== 'number' || typeof text !== 'string') throw wrong();
  if (high !== undefined && !isTime(high)) throw wrong();
  return { time, count, text, ...(high !== undefined && { high }) };
}

const isTime = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(value);

const wrong = (): PipelineError =>
  new PipelineError('CONFIG_INVALID', 'dockerLogs: what was kept is not the place of such a source');
