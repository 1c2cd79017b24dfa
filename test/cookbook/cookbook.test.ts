import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useFolder } from '../cli/program.ts';
import { COOKBOOK, recipes } from './recipe.ts';

describe('the cookbook', () => {
  const folder = useFolder();
  const textOf = (file: string): string => readFileSync(join(COOKBOOK, file), 'utf8');

  it('has ten recipes that load and type-check', async () => {
    expect(recipes.length).to.be.at.least(10);
    const files = recipes.map((recipe) => join(COOKBOOK, `${recipe}.ts`));
    const { code, stdout, stderr } = await folder.run(['check', ...files]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).to.have.length(recipes.length);
  });

  for (const recipe of recipes) {
    it(`says at the head of ${recipe}.ts what it does, and in the index where it is`, () => {
      const lines = textOf(`${recipe}.ts`).split('\n');
      expect(lines.findIndex((line) => !line.startsWith('//'))).to.be.within(2, 5);
      expect(textOf('README.md')).to.include(`](${recipe}.ts)`).and.to.include(`## ${recipe}\n`);
    });

    it(`imports in ${recipe}.ts only dockrx, RxJS and Node`, () => {
      const imports = [...textOf(`${recipe}.ts`).matchAll(/from '([^']+)';$/gm)].map(([, name]) => name!);
      expect(imports).to.include('dockrx');
      expect(imports.filter((name) => !/^(dockrx|rxjs|node:.+)$/.test(name))).to.deep.equal([]);
    });

    it(`is held against an engine: ${recipe}`, () => {
      // Each has a test of its own beside this one.
      const tests = ['alerts', 'files', 'serving'].map((name) =>
        readFileSync(join(import.meta.dirname, `${name}.test.ts`), 'utf8'),
      );
      expect(tests.join('')).to.include(`kitchen.run('${recipe}'`);
    });
  }
});
