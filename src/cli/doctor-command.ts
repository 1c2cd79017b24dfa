import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_CHECKS } from './doctor/engine.ts';
import type { Check, Facts, Finding } from './doctor/facts.ts';
import { gather } from './doctor/gather.ts';
import { MACHINE_CHECKS } from './doctor/machine.ts';
import { judgePipeline } from './doctor/pipelines.ts';
import { QUESTION_CHECKS } from './doctor/questions.ts';
import { REACH_CHECKS } from './doctor/reach.ts';
import { report } from './doctor/report.ts';
import type { Section } from './doctor/report.ts';
import { loadFile } from './load.ts';
import type { LoadedFile } from './load.ts';
import { packageRoot } from './package-root.ts';

/**
 * Tells what pipelines need of the engine and of this machine and whether it is there: of the files, or else of those of
 * this package. Returns the exit code: 0 when nothing is red, else 1.
 */
export async function doctorCommand(
  names: readonly string[],
  { json }: { readonly json: boolean },
): Promise<number> {
  const files: LoadedFile[] = [];
  for (const name of names.length > 0 ? names : shipped()) files.push(await loadFile(name));
  const sections = diagnose(await gather(files, process.env));
  const findings = sections.flatMap((section) => section.findings);
  const isFit = findings.every(({ state }) => state !== 'fail');
  const { stdout } = process;
  stdout.write(
    json
      ? `${JSON.stringify({ ok: isFit, sections }, null, 2)}\n`
      : report(sections, {
          colour: stdout.isTTY && !process.env['NO_COLOR'],
          columns: stdout.isTTY ? stdout.columns || 80 : Infinity,
        }),
  );
  return isFit ? 0 : 1;
}

/** Everything that is to be said of the facts. */
export function diagnose(facts: Facts): readonly Section[] {
  const run = (checks: readonly Check[]): readonly Finding[] => checks.flatMap((check) => check(facts) ?? []);
  return [
    { title: 'Engine', findings: run([...REACH_CHECKS, ...ENGINE_CHECKS]) },
    { title: 'What it lets us ask', findings: run(QUESTION_CHECKS) },
    { title: 'This machine', findings: run(MACHINE_CHECKS) },
    { title: 'Pipelines', findings: facts.pipelines.map((pipeline) => judgePipeline(pipeline, facts)) },
  ];
}

function shipped(): readonly string[] {
  const folder = join(packageRoot(), 'pipelines');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));
}
