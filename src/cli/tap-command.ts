import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { messageOf, PipelineError } from '../core/errors.ts';
import { printer } from '../sinks/console/printer.ts';
import { grouped } from './figures.ts';
import { ask, findProcesses } from './tap/processes.ts';
import type { Process } from './tap/processes.ts';
import { RECORD_PREFIX } from './tap/protocol.ts';
import type { PipelineView, Skipped, TapFrame } from './tap/protocol.ts';

export interface TapCommandOptions {
  /** As the parameters of `/tap`: what is wanted. */
  readonly query: URLSearchParams;
  readonly pid?: number | undefined;
  /** It ends after so many records, or after so long. */
  readonly limit: number;
  readonly forMs?: number | undefined;
}

/** Lists the pipelines that run, with their stages. Returns the exit code. */
export async function tapList(): Promise<number> {
  const { processes, troubles } = await findProcesses();
  for (const trouble of troubles) process.stderr.write(`${trouble}\n`);
  const rows = processes.flatMap(({ pid, pipelines }) =>
    pipelines.map((pipeline) => [String(pid), pipeline.name, stagesOf(pipeline)]),
  );
  if (rows.length === 0) process.stderr.write('no pipeline of this user runs on this machine\n');
  else process.stdout.write(table([['PID', 'PIPELINE', 'STAGES'], ...rows]));
  return 0;
}

/**
 * Shows the records that pass a stage of a running pipeline: in columns on a terminal, else a line of JSON each. Returns the
 * exit code: 0 when it has come to its end, 1 when the process was lost. Errors `CONFIG_INVALID` where it cannot be chosen.
 */
export async function tapCommand(target: string, options: TapCommandOptions): Promise<number> {
  const [, name = '', stage] = /^([^:]*)(?::(.*))?$/s.exec(target) ?? [];
  const { pid, socket } = await choose(name, options.pid);
  const query = new URLSearchParams(options.query);
  query.set('pipeline', name);
  if (stage !== undefined) query.set('stage', stage);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  const timer = options.forMs === undefined ? undefined : setTimeout(end, options.forMs);
  process.once('SIGINT', end).once('SIGTERM', end);
  // `pipeline tap NAME | head`
  process.stdout.once('error', end);
  try {
    const answer = await ask(socket, `/tap?${query.toString()}`, stop.signal);
    return await show(answer, options.limit, stop, pid);
  } catch (error) {
    if (stop.signal.aborted) return 0;
    throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

/** The one process that runs a pipeline of this name. */
async function choose(name: string, pid: number | undefined): Promise<Process> {
  const { processes, troubles } = await findProcesses();
  const running = processes.filter((one) => one.pipelines.some((pipeline) => pipeline.name === name));
  const [found, ...others] = pid === undefined ? running : running.filter((one) => one.pid === pid);
  if (found !== undefined && others.length === 0) return found;
  const pids = running.map((one) => one.pid).join(', ');
  if (found !== undefined) throw invalid(`${name} runs in the processes ${pids}: choose one with --pid`);
  if (running.length > 0) throw invalid(`${name} does not run in process ${pid!}, but in ${pids}`);
  const names = [...new Set(processes.flatMap(({ pipelines }) => pipelines.map((one) => one.name)))];
  const there = names.length === 0 ? 'none runs' : `there are ${names.join(', ')}`;
  throw invalid(
    [`no pipeline '${name}' of this user runs on this machine: ${there}`, ...troubles].join('; '),
  );
}

const invalid = (message: string): PipelineError => new PipelineError('CONFIG_INVALID', message);

async function show(
  answer: IncomingMessage,
  limit: number,
  stop: AbortController,
  pid: number,
): Promise<number> {
  const { stdout } = process;
  const print = printer();
  const shown = (line: string): string => {
    const text = line.slice(RECORD_PREFIX.length, -1);
    return stdout.isTTY
      ? print(JSON.parse(text), { width: stdout.columns || 80, colours: stdout.hasColors() })
      : `${text}\n`;
  };
  let left = limit;
  let isOver = false;
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
      if (stop.signal.aborted) return 0;
      if (line.startsWith(RECORD_PREFIX)) {
        // What is not taken from us we do not take either: it is skipped where it comes from.
        if (!stdout.write(shown(line))) await once(stdout, 'drain', { signal: stop.signal });
        left -= 1;
        if (left === 0) return 0;
        continue;
      }
      const frame = JSON.parse(line) as Exclude<TapFrame, { record: unknown }>;
      process.stderr.write(`${tell(frame)}\n`);
      isOver ||= 'end' in frame;
    }
  } catch (error) {
    if (stop.signal.aborted) return 0;
    process.stderr.write(`process ${pid} was lost: ${messageOf(error)}\n`);
    return 1;
  }
  if (isOver || stop.signal.aborted) return 0;
  process.stderr.write(`process ${pid} was lost\n`);
  return 1;
}

function tell(frame: Exclude<TapFrame, { record: unknown }>): string {
  if ('end' in frame) return frame.end;
  if ('reloaded' in frame) return 'its file has changed: what follows is of the new one';
  return tellSkipped(frame.skipped);
}

function tellSkipped({ rate, behind, unreadable }: Skipped): string {
  const reasons = [
    [rate, 'more than --rate a second'],
    [behind, 'not read fast enough'],
    [unreadable, 'no JSON'],
  ] as const;
  const parts = reasons.filter(([count]) => count > 0).map(([count, why]) => `${grouped(count)} ${why}`);
  return `skipped ${parts.join(', ')}`;
}

/** `1 dockerEvents → 2 flattenEvent → 3 ndjson-file`; several sources or sinks with a comma. */
function stagesOf({ stages }: PipelineView): string {
  const numbered = stages.map(({ kind, name }, i) => ({ kind, text: `${i + 1} ${name}` }));
  const of = (kind: string): string[] =>
    numbered.filter((stage) => stage.kind === kind).map(({ text }) => text);
  return [of('source').join(', '), ...of('operator'), of('sink').join(', ')].join(' → ');
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
