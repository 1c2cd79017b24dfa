import { build } from 'esbuild';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Compiles the candidates and the simulator as users run them: plain JavaScript, no loader in the process. */
export async function buildCandidates(): Promise<string> {
  const outdir = `${here}../.cache/bench`;
  const candidates = (await readdir(`${here}candidates`)).map((file) => `${here}candidates/${file}`);
  await build({
    entryPoints: {
      ...Object.fromEntries(candidates.map((file) => [nameOf(file), file])),
      simulator: `${here}../src/simulator/main.ts`,
    },
    outdir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
  });
  return outdir;
}

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1, -'.ts'.length);
