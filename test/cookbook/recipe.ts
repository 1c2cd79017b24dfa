import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { ROOT, useFolder } from '../cli/program.ts';
import type { Started } from '../cli/program.ts';
import { ask } from '../http/asking.ts';
import { simulators } from '../simulator/support.ts';

export const COOKBOOK = join(ROOT, 'cookbook');

/** The pipeline files, without their ending. */
export const recipes: readonly string[] = readdirSync(COOKBOOK)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));

/** A recipe that reads a simulated engine, in a folder of its own. */
export interface Running {
  readonly program: Started;
  /** Where it serves. */
  readonly url: () => string;
  readonly get: (path: string) => Promise<string>;
  /** Ends it, and sees that it drained. */
  readonly stop: () => Promise<void>;
}

export interface Kitchen {
  readonly folder: {
    readonly path: string;
    readonly write: (files: Readonly<Record<string, string>>) => void;
  };
  readonly simulate: (options?: SimulatorOptions) => Promise<Simulator>;
  /** Runs one, and waits until it is connected to its engine. */
  readonly run: (recipe: string, engine: Simulator, settings?: Settings) => Promise<Running>;
  /** The lines of a file below its folder; none where there is no such file. */
  readonly lines: (file: string) => readonly unknown[];
}

interface Settings {
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
}

/** How the log says where something is served. */
export const SERVES = /(?:serving|served at) \w+:\/\/([\d.:]+)/;

export function useKitchen(): Kitchen {
  const folder = useFolder();
  const simulate = simulators();
  return {
    folder,
    simulate,
    async run(recipe, { host }, { env = {}, args = [] } = {}) {
      const file = join(COOKBOOK, `${recipe}.ts`);
      const all = ['run', '--listen', '127.0.0.1:0', ...args, file];
      const program = folder.start(all, { DOCKER_HOST: host, ...env });
      let stderr = '';
      program.child.stderr!.on('data', (text: string) => (stderr += text));
      await program.says(/"fact":"connected","to":"unix:/);
      const url = (): string => SERVES.exec(stderr)![1]!;
      return {
        program,
        url,
        async get(path) {
          await program.says(SERVES);
          return (await ask(`http://${url()}${path}`)).body;
        },
        async stop() {
          program.child.kill('SIGTERM');
          const { code } = await program.done;
          expect(code, stderr).to.equal(0);
        },
      };
    },
    lines(file) {
      const path = join(folder.path, file);
      if (!existsSync(path)) return [];
      const text = readFileSync(path, 'utf8');
      // The last line may be under way.
      return text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown);
    },
  };
}
