import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../cli/program.ts';
import { buildReference, categoryOf, checkExamples, examplesOf, KIND, textOf } from './reference.ts';
import type { Reference, Reflection } from './reference.ts';

describe('the reference', function () {
  this.timeout(180_000);
  let folder: string;
  let reference: Reference;
  let functions: readonly Reflection[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockrx-docs-'));
    // Examples are checked against what is built.
    execFileSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'pipe' });
    reference = await buildReference(folder);
    functions = exportsOf(KIND.function);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const exportsOf = (kind: number): readonly Reflection[] =>
    reference.modules.flatMap(({ children = [] }) => children.filter((each) => each.kind === kind));
  const namesOf = (reflections: readonly Reflection[]): readonly string[] =>
    reflections.map(({ name }) => name);

  it('builds without a warning: every export is documented, every link leads somewhere', () => {
    expect(reference.output).to.equal('');
    expect(namesOf(reference.modules)).to.deep.equal(['dockrx', 'dockrx/client', 'dockrx/testing']);
    expect(functions.length).to.be.above(50);
  });

  it('says of each function what it does, and shows it', () => {
    expect(namesOf(functions.filter((each) => textOf(each) === ''))).to.deep.equal([]);
    expect(namesOf(functions.filter((each) => examplesOf(each).length === 0))).to.deep.equal([]);
  });

  it('says of each source how it fails, what it holds and what it may lose, and of each operator what it emits', () => {
    const lacking = (category: string, words: readonly RegExp[]): readonly string[] =>
      functions
        .filter((each) => categoryOf(each) === category)
        .flatMap((each) =>
          words.filter((word) => !word.test(textOf(each))).map((word) => `${each.name}: ${word}`),
        );
    expect(functions.filter((each) => categoryOf(each) === 'Sources').length).to.be.above(7);
    expect(lacking('Sources', [/Emits/, /Errors/, /Bounds/, /Loss/])).to.deep.equal([]);
    expect(lacking('Operators', [/emits|Passes every record on/i])).to.deep.equal([]);
  });

  it('says of each option what it is', () => {
    const options = exportsOf(KIND.interface).filter(({ name }) => name.endsWith('Options'));
    const missing = options.flatMap(({ name, children = [] }) =>
      namesOf(children.filter((each) => textOf(each) === '')).map((option) => `${name}.${option}`),
    );
    expect(options.length).to.be.above(30);
    expect(missing).to.deep.equal([]);
  });

  it('has examples that type-check', async () => {
    const examples = functions.flatMap((each) => examplesOf(each).map((code) => ({ name: each.name, code })));
    expect(examples.length).to.be.above(50);
    expect(await checkExamples(examples, reference.modules, folder)).to.deep.equal([]);
  });

  it('would notice one that does not', async () => {
    const wrong = {
      name: 'wrong',
      code: "dockerStats({ everyMs: '1s' }).pipe(map(({ nothing }) => nothing))",
    };
    const errors = await checkExamples([wrong], reference.modules, folder);
    expect(errors.join('\n')).to.match(/wrong-1\.ts:2:15: Type 'string' is not assignable to type 'number'/);
    expect(errors.join('\n')).to.match(/Property 'nothing' does not exist on type 'ContainerStats'/);
  });
});
