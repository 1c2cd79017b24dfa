import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as rxjs from 'rxjs';
import { typeCheck } from '../../src/cli/type-check.ts';
import { ROOT } from '../cli/program.ts';

/** TypeDoc's `ReflectionKind`, as far as it is looked at. */
export const KIND = { class: 128, interface: 256, function: 64, variable: 32 } as const;

interface Comment {
  readonly summary: readonly { readonly text: string }[];
  readonly blockTags?: readonly {
    readonly tag: string;
    readonly content: readonly { readonly text: string }[];
  }[];
}

/** Something documented, as `typedoc --json` writes it. */
export interface Reflection {
  readonly name: string;
  readonly kind: number;
  readonly comment?: Comment;
  readonly children?: readonly Reflection[];
  readonly signatures?: readonly Reflection[];
}

export interface Reference {
  /** What TypeDoc warns of. */
  readonly output: string;
  /** What each module exports. */
  readonly modules: readonly Reflection[];
}

/** Builds the reference as `npm run docs` does, into a folder. */
export async function buildReference(folder: string): Promise<Reference> {
  const json = join(folder, 'api.json');
  const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
  const args = [typedoc, '--logLevel', 'Warn', '--html', join(folder, 'html'), '--json', json];
  const output = await new Promise<string>((done) => {
    execFile(process.execPath, args, { cwd: ROOT }, (_error, stdout, stderr) => done(stdout + stderr));
  });
  // Without one there is nothing to look at.
  if (!existsSync(json)) throw new Error(output);
  const { children: modules } = JSON.parse(readFileSync(json, 'utf8')) as Required<Reflection>;
  return { output, modules };
}

/** Those of something itself: of a function, of its signatures. */
const commentsOf = ({ comment, signatures = [] }: Reflection): readonly Comment[] =>
  [comment, ...signatures.map((signature) => signature.comment)].filter((each) => each !== undefined);

/** What is said of it, without its tags. */
export const textOf = (reflection: Reflection): string =>
  commentsOf(reflection)
    .flatMap(({ summary }) => summary.map(({ text }) => text))
    .join('');

const tagged = (reflection: Reflection, name: string): readonly string[] =>
  commentsOf(reflection)
    .flatMap(({ blockTags = [] }) => blockTags.filter(({ tag }) => tag === name))
    .map(({ content }) => content.map(({ text }) => text).join(''));

export const categoryOf = (reflection: Reflection): string | undefined => tagged(reflection, '@category')[0];

/** The examples of something, each without the fence that TypeDoc puts around it. */
export const examplesOf = (reflection: Reflection): readonly string[] =>
  tagged(reflection, '@example').map((text) => text.replace(/^```\w*\n([^]*)\n```$/, '$1'));

/** Type-checks examples as `pipeline check` does files; names of dockrx and of RxJS need no import in them. */
export function checkExamples(
  examples: readonly { readonly name: string; readonly code: string }[],
  modules: readonly Reflection[],
  folder: string,
): Promise<readonly string[]> {
  const files = examples.map(({ name, code }, i) => {
    const file = join(folder, `${name}-${i + 1}.ts`);
    writeFileSync(file, `${importsFor(code, modules).join(' ')}\n${code}\n`);
    return file;
  });
  return typeCheck(files);
}

function importsFor(code: string, modules: readonly Reflection[]): readonly string[] {
  const words = new Set(code.match(/(?<![.\w$])[A-Za-z_$][\w$]*/g));
  const left = ({ name }: { readonly name: string }): boolean => words.delete(name);
  const ours = modules.map(({ name, children = [] }) => {
    const named = children.filter(left).map(({ name, kind }) => (isType(kind) ? `type ${name}` : name));
    return `import { ${named.join(', ')} } from '${placeOf(name)}';`;
  });
  const theirs = Object.keys(rxjs).filter((name) => left({ name }));
  return [...ours, `import { ${theirs.join(', ')} } from 'rxjs';`];
}

const isType = (kind: number): boolean =>
  !([KIND.class, KIND.function, KIND.variable] as number[]).includes(kind);

/** `pipeline check` knows `dockrx` itself. */
const placeOf = (module: string): string =>
  module === 'dockrx' ? module : module.replace(/^dockrx\/(\w+)$/, join(ROOT, 'dist/$1/index.js'));
