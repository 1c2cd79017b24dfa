import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useFolder } from '../cli/program.ts';
import { COOKBOOK, recipes } from './recipe.ts';

describe('the cookbook', () => {
  const folder = useFolder();
  const textOf = (file: string): string => readFileSync(join(COOKBOOK, file), 'utf8');

  it('has ten recipes that load and type-check', async () => {
    expect(recipes).to.have.length(10);
    const files = recipes.map((recipe) => join(COOKBOOK, `${recipe}.ts`));
    const { code, stdout, stderr } = await folder.run(['check', ...files]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).to.have.length(recipes.length);
  });

  it('says at the head of each what it does, and in the index where it is', () => {
    const index = textOf('README.md');
    for (const recipe of recipes) {
      const lines = textOf(`${recipe}.ts`).split('\n');
      expect(lines.findIndex((line) => !line.startsWith('//'))).to.be.within(2, 5);
      expect(index).to.include(`[${recipe}](${recipe}.ts)`).and.to.include(`\n## ${recipe}\n`);
    }
  });

  it('imports only dockrx, RxJS and Node', () => {
    for (const recipe of recipes) {
      const imports = [...textOf(`${recipe}.ts`).matchAll(/ from '([^']+)';$/gm)].map(([, name]) => name!);
      expect(imports).to.include('dockrx');
      expect(imports.filter((name) => !/^(dockrx|rxjs|node:.+)$/.test(name))).to.deep.equal([]);
    }
  });

  it('has a test beside this one that runs each', () => {
    const tests = ['alerts', 'files', 'logs', 'serving'].map((name) =>
      readFileSync(join(import.meta.dirname, `${name}.test.ts`), 'utf8'),
    );
    for (const recipe of recipes) expect(tests.join('')).to.include(`kitchen.run('${recipe}'`);
  });
});
