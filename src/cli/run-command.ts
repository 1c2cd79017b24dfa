import { withShared } from '../core/shared.ts';
import { listenInstead, serveByTls, serveInsecurely } from '../http/open-http.ts';
import { checkNames, loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { openOutput } from './output.ts';
import type { OutputOptions } from './output.ts';
import { readTls } from './read-tls.ts';
import { runAll } from './run-all.ts';
import type { RunAllOptions } from './run-all.ts';
import { simulate } from './simulate.ts';
import type { SimulateWhen } from './simulate.ts';
import { watchProcess } from './watch-process.ts';

export interface RunCommandOptions extends OutputOptions, RunAllOptions {
  readonly simulate?: SimulateWhen | undefined;
  /** Where to serve, whatever the pipelines say. */
  readonly listen?: string | undefined;
  /** Whether sinks may serve other machines there without a token. */
  readonly insecure?: boolean | undefined;
  /** Files of a certificate and its key: both, to serve by TLS. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

/**
 * Runs every pipeline of the files until all have completed, a signal stops them or one fails, which stops the
 * others too. Returns the exit code: 0 completed or drained, 1 failed, 3 the drain was overdue, 4 an audit found
 * that the books do not balance.
 */
export async function runCommand(names: readonly string[], options: RunCommandOptions): Promise<number> {
  const output = openOutput(options);
  const stop = new AbortController();
  const outside = watchProcess(output.log, options.drainMs, stop);
  const endSimulation = await simulate(options.simulate, output.log);
  try {
    const tls = readTls(options);
    const files = await loadAll(names);
    const { results, balanced } = await withShared(() => {
      listenInstead(options.listen);
      serveByTls(tls);
      if (options.insecure === true) serveInsecurely();
      return runAll(files, options, stop, output, outside);
    });
    const failed = results.some(({ error }) => error !== undefined && !outside.isReaderGone(error));
    if (failed || outside.crashed()) return 1;
    if (results.some(({ outcome }) => outcome === 'overdue')) return 3;
    return balanced ? 0 : 4;
  } finally {
    await endSimulation();
    outside.end();
    output.close();
  }
}

async function loadAll(names: readonly string[]): Promise<readonly LoadedFile[]> {
  const files: LoadedFile[] = [];
  for (const name of names) files.push(await loadFile(name));
  checkNames(files);
  return files;
}
